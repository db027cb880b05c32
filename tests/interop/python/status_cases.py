"""Metadata, and statuses as handlers and servers make them."""

import polycall

from context import Context, call_empty, expect, expect_code, expect_equal, new_payload
from empty_pb2 import Empty
from messages_pb2 import (EchoStatus, ResponseParameters, SimpleRequest,
                          StreamingOutputCallRequest)
from test_polycall import UnimplementedServiceClient

CASES = ("custom_metadata", "status_code_and_message", "special_status_message",
         "unimplemented_method", "unimplemented_service")

_INITIAL = ("x-grpc-test-echo-initial", "test_initial_metadata_value")
_TRAILING = ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab")


def _expect_metadata(initial, trailing) -> None:
    expect_equal(_INITIAL[1], initial.get(_INITIAL[0]), "the initial metadata")
    expect_equal(_TRAILING[1], trailing.get(_TRAILING[0]), "the trailing metadata")


def custom_metadata(context: Context) -> None:
    metadata = [_INITIAL, _TRAILING]
    info = polycall.CallInfo()
    context.test.unary_call(SimpleRequest(response_size=314159, payload=new_payload(271828)),
                            metadata=metadata, info=info)
    _expect_metadata(info.initial_metadata, info.trailing_metadata)

    with context.test.full_duplex_call(metadata=metadata) as stream:
        stream.send(StreamingOutputCallRequest(
            response_parameters=[ResponseParameters(size=314159)], payload=new_payload(271828)))
        stream.half_close()
        initial = stream.initial_metadata()
        expect(stream.receive() is not None, "a response")
        expect(stream.receive() is None, "one response, not more")
        _expect_metadata(initial, stream.trailing_metadata())


def _unary_echoes_status(context: Context, message: str) -> None:
    with expect_code(polycall.StatusCode.UNKNOWN, message):
        context.test.unary_call(SimpleRequest(response_status=EchoStatus(code=2, message=message)))


def status_code_and_message(context: Context) -> None:
    message = "test status message"
    _unary_echoes_status(context, message)
    with expect_code(polycall.StatusCode.UNKNOWN, message):
        with context.test.full_duplex_call() as stream:
            stream.send(StreamingOutputCallRequest(
                response_status=EchoStatus(code=2, message=message)))
            stream.half_close()
            list(stream)


def special_status_message(context: Context) -> None:
    _unary_echoes_status(
        context, "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n")


def unimplemented_method(context: Context) -> None:
    with expect_code(polycall.StatusCode.UNIMPLEMENTED):
        context.test.unimplemented_call(Empty())
    call_empty(context)


def unimplemented_service(context: Context) -> None:
    with expect_code(polycall.StatusCode.UNIMPLEMENTED):
        UnimplementedServiceClient(context.channel).unimplemented_call(Empty())
    call_empty(context)
