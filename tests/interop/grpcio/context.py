"""What the client's cases share."""

import dataclasses
import time

import grpc

import empty_pb2
import messages_pb2
import polycall_test_pb2 as own_pb2
from polycall_test_pb2_grpc import PolyCallTestServiceStub
from test_pb2_grpc import TestServiceStub

DIED = 42


class CaseFailed(Exception):
    """Why a case fails."""


@dataclasses.dataclass
class Context:
    """One run of one case."""

    target: str
    token: str
    channel: grpc.Channel

    def __post_init__(self) -> None:
        self.test = TestServiceStub(self.channel)
        self.own = PolyCallTestServiceStub(self.channel)

    def new_key(self, name: str) -> str:
        """A key for the server's counters that belongs to this run and `name` alone."""
        return f"{name}/{self.token}"


def expect(condition: bool, what: str) -> None:
    if not condition:
        raise CaseFailed("expected " + what)


def expect_equal(expected, actual, what: str) -> None:
    if expected != actual:
        raise CaseFailed(f"expected {expected!r} from {what}, found {actual!r}")


class expect_code:  # noqa: N801 (reads as a statement)
    """`with expect_code(CANCELLED):` expects that the block ends with this status."""

    def __init__(self, code: grpc.StatusCode, message: str | None = None) -> None:
        self._code = code
        self._message = message

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace) -> bool:
        if error is None:
            raise CaseFailed(f"expected {self._code.name}, found OK")
        if isinstance(error, grpc.FutureCancelledError):
            code, message = grpc.StatusCode.CANCELLED, ""
        elif isinstance(error, grpc.RpcError):
            code, message = error.code(), error.details()
        else:
            return False
        if code != self._code:
            raise CaseFailed(f"expected {self._code.name}, found {code.name}: {message}") from error
        if self._message is not None:
            expect_equal(self._message, message, "the status's message")
        return True


def new_payload(size: int) -> messages_pb2.Payload:
    return messages_pb2.Payload(body=bytes(size))


def call_large_unary(stub: TestServiceStub) -> None:
    """UnaryCall with large_unary's sizes; checks the answer."""
    response = stub.UnaryCall(messages_pb2.SimpleRequest(response_size=314159,
                                                         payload=new_payload(271828)))
    expect_equal(314159, len(response.payload.body), "the response's body")
    expect(response.payload.body == bytes(314159), "a body of zeros")


def call_empty(context: Context) -> None:
    """The server still answers."""
    expect_equal(empty_pb2.Empty(), context.test.EmptyCall(empty_pb2.Empty()), "EmptyCall")


def get_counters(context: Context, key: str) -> own_pb2.Counters:
    return context.own.GetCounters(own_pb2.CountersRequest(key=key))


def wait_for_counter(context: Context, key: str, counter: str, wanted: int) -> None:
    """Asks for the counters until one is as wanted; fails after 10 s."""
    for _ in range(1000):
        found = getattr(get_counters(context, key), counter)
        if found == wanted:
            return
        time.sleep(0.01)
    raise CaseFailed(f"{counter} of {key} is {found} after 10 s, expected {wanted}")
