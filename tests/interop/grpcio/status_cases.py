"""Metadata, and statuses as handlers and servers make them."""

from grpc import StatusCode

from context import Context, call_empty, expect, expect_code, expect_equal, new_payload
from empty_pb2 import Empty
from messages_pb2 import (EchoStatus, ResponseParameters, SimpleRequest,
                          StreamingOutputCallRequest)
from streams import Duplex
from test_pb2_grpc import UnimplementedServiceStub

CASES = ("custom_metadata", "status_code_and_message", "special_status_message",
         "unimplemented_method", "unimplemented_service")

_INITIAL = ("x-grpc-test-echo-initial", "test_initial_metadata_value")
_TRAILING = ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab")


def _expect_metadata(call) -> None:
    expect_equal(_INITIAL[1], dict(call.initial_metadata()).get(_INITIAL[0]),
                 "the initial metadata")
    expect_equal(_TRAILING[1], dict(call.trailing_metadata()).get(_TRAILING[0]),
                 "the trailing metadata")


def custom_metadata(context: Context) -> None:
    metadata = [_INITIAL, _TRAILING]
    _, call = context.test.UnaryCall.with_call(
        SimpleRequest(response_size=314159, payload=new_payload(271828)), metadata=metadata)
    _expect_metadata(call)

    with Duplex(context.test.FullDuplexCall, metadata=metadata) as stream:
        stream.send(StreamingOutputCallRequest(
            response_parameters=[ResponseParameters(size=314159)], payload=new_payload(271828)))
        stream.half_close()
        expect(stream.receive() is not None, "a response")
        expect(stream.receive() is None, "one response, not more")
        _expect_metadata(stream.call)


def _unary_echoes_status(context: Context, message: str) -> None:
    with expect_code(StatusCode.UNKNOWN, message):
        context.test.UnaryCall(SimpleRequest(response_status=EchoStatus(code=2, message=message)))


def status_code_and_message(context: Context) -> None:
    message = "test status message"
    _unary_echoes_status(context, message)
    with expect_code(StatusCode.UNKNOWN, message):
        with Duplex(context.test.FullDuplexCall) as stream:
            stream.send(StreamingOutputCallRequest(
                response_status=EchoStatus(code=2, message=message)))
            stream.half_close()
            stream.rest()


def special_status_message(context: Context) -> None:
    _unary_echoes_status(
        context, "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n")


def unimplemented_method(context: Context) -> None:
    with expect_code(StatusCode.UNIMPLEMENTED):
        context.test.UnimplementedCall(Empty())
    call_empty(context)


def unimplemented_service(context: Context) -> None:
    with expect_code(StatusCode.UNIMPLEMENTED):
        UnimplementedServiceStub(context.channel).UnimplementedCall(Empty())
    call_empty(context)
