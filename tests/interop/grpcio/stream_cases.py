"""The three streaming kinds."""

from context import Context, expect, expect_equal, new_payload
from messages_pb2 import (ResponseParameters, StreamingInputCallRequest,
                          StreamingOutputCallRequest)
from streams import Duplex, Upload

CASES = ("client_streaming", "server_streaming", "ping_pong", "empty_stream")

_REQUEST_SIZES = (27182, 8, 1828, 45904)
_RESPONSE_SIZES = (31415, 9, 2653, 58979)


def client_streaming(context: Context) -> None:
    with Upload(context.test.StreamingInputCall) as stream:
        for size in _REQUEST_SIZES:
            stream.send(StreamingInputCallRequest(payload=new_payload(size)))
        response = stream.finish()
    expect_equal(74922, response.aggregated_payload_size, "aggregated_payload_size")


def server_streaming(context: Context) -> None:
    request = StreamingOutputCallRequest(
        response_parameters=[ResponseParameters(size=size) for size in _RESPONSE_SIZES])
    sizes = [len(response.payload.body) for response in context.test.StreamingOutputCall(request)]
    expect_equal(list(_RESPONSE_SIZES), sizes, "the bodies")


def ping_pong(context: Context) -> None:
    with Duplex(context.test.FullDuplexCall) as stream:
        for request_size, response_size in zip(_REQUEST_SIZES, _RESPONSE_SIZES):
            stream.send(StreamingOutputCallRequest(
                response_parameters=[ResponseParameters(size=response_size)],
                payload=new_payload(request_size)))
            response = stream.receive()
            expect(response is not None, "a response")
            expect_equal(response_size, len(response.payload.body), "the body")
        stream.half_close()
        expect_equal([], stream.rest(), "the responses after half-close")


def empty_stream(context: Context) -> None:
    with Duplex(context.test.FullDuplexCall) as stream:
        stream.half_close()
        expect_equal([], stream.rest(), "the responses")
