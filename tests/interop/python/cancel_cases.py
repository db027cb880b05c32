"""Calls that end early, here and at the servers that they travel on to."""

import concurrent.futures

import polycall

from context import (CaseFailed, Context, call_empty, expect, expect_code, new_payload,
                     wait_for_counter)
from messages_pb2 import ResponseParameters, StreamingOutputCallRequest
from polycall_test_pb2 import HopRequest

CASES = ("cancel_after_begin", "cancel_after_first_response", "timeout_on_sleeping_server",
         "deadline_propagation", "cancel_propagation")


def cancel_after_begin(context: Context) -> None:
    with expect_code(polycall.StatusCode.CANCELLED):
        with context.test.streaming_input_call_stream() as stream:
            stream.cancel()
            stream.finish()
    call_empty(context)


def cancel_after_first_response(context: Context) -> None:
    with expect_code(polycall.StatusCode.CANCELLED):
        with context.test.full_duplex_call() as stream:
            stream.send(StreamingOutputCallRequest(
                response_parameters=[ResponseParameters(size=31415)], payload=new_payload(27182)))
            expect(stream.receive() is not None, "a response")
            stream.cancel()
            list(stream)
    call_empty(context)


def timeout_on_sleeping_server(context: Context) -> None:
    with expect_code(polycall.StatusCode.DEADLINE_EXCEEDED):
        with context.test.full_duplex_call(timeout=0.001) as stream:
            stream.send(StreamingOutputCallRequest(payload=new_payload(27182)))
            list(stream)
    call_empty(context)


def _one_hop(context: Context, key: str) -> HopRequest:
    return HopRequest(key=key, hops=1, target=context.target)


def deadline_propagation(context: Context) -> None:
    request = _one_hop(context, context.new_key("time_left"))
    left = context.own.get_time_left(request, timeout=30)
    expect(left.has_deadline, "a deadline at the second server")
    expect(left.time_left_us > 0, "time left at the second server")
    # gRPC rounds up what is left of the 30 s.
    expect(left.time_left_us <= 31_000_000, "no more time left than the call began with")
    left = context.own.get_time_left(request)
    expect(not left.has_deadline, "no deadline at the second server")

    key = context.new_key("deadline_propagation")
    with expect_code(polycall.StatusCode.DEADLINE_EXCEEDED):
        context.own.wait_for_cancel(_one_hop(context, key), timeout=0.3)
    wait_for_counter(context, key, "cancelled", 1)


def cancel_propagation(context: Context) -> None:
    key = context.new_key("cancel_propagation")
    future = context.own.wait_for_cancel_future(_one_hop(context, key))
    wait_for_counter(context, key, "started", 1)
    future.cancel()
    try:
        future.result(timeout=30)
    except concurrent.futures.CancelledError:
        pass
    except polycall.StatusError as error:
        expect(error.code == polycall.StatusCode.CANCELLED, f"CANCELLED, found {error}")
    else:
        raise CaseFailed("expected CANCELLED, found OK")
    wait_for_counter(context, key, "cancelled", 1)
