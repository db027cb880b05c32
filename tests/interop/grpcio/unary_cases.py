"""Calls with one message each way."""

from context import Context, call_empty, call_large_unary

CASES = ("empty_unary", "large_unary")


def empty_unary(context: Context) -> None:
    call_empty(context)


def large_unary(context: Context) -> None:
    call_large_unary(context.test)
