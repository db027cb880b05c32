"""grpc.testing.TestService in Python, with blocking handlers."""

import time

import polycall

from empty_pb2 import Empty
from messages_pb2 import (Payload, SimpleResponse, StreamingInputCallResponse,
                          StreamingOutputCallResponse)
from test_polycall import TestServiceService

_INITIAL_KEY = "x-grpc-test-echo-initial"
_TRAILING_KEY = "x-grpc-test-echo-trailing-bin"


def _echo_metadata(context) -> None:
    initial = context.metadata.get(_INITIAL_KEY)
    if initial is not None:
        context.send_initial_metadata([(_INITIAL_KEY, initial)])
    trailing = context.metadata.get(_TRAILING_KEY)
    if trailing is not None:
        context.set_trailing_metadata([(_TRAILING_KEY, trailing)])


def _echo_status(request, context) -> None:
    if request.response_status.code != 0:
        context.abort(polycall.StatusCode(request.response_status.code),
                      request.response_status.message)


def _new_payload(size: int, context) -> Payload:
    if size < 0:
        context.abort(polycall.StatusCode.INVALID_ARGUMENT, "the size is negative")
    return Payload(body=bytes(size))


def _responses(request, context):
    """What one request asks for."""
    for wanted in request.response_parameters:
        if wanted.interval_us > 0:
            time.sleep(wanted.interval_us / 1e6)
        yield StreamingOutputCallResponse(payload=_new_payload(wanted.size, context))


class Test(TestServiceService):
    """unimplemented_call is not defined: that is its case. Any thread."""

    def empty_call(self, request, context):
        return Empty()

    def unary_call(self, request, context):
        _echo_metadata(context)
        _echo_status(request, context)
        return SimpleResponse(payload=_new_payload(request.response_size, context))

    def streaming_output_call(self, request, context):
        _echo_metadata(context)
        _echo_status(request, context)
        yield from _responses(request, context)

    def streaming_input_call(self, requests, context):
        return StreamingInputCallResponse(
            aggregated_payload_size=sum(len(request.payload.body) for request in requests))

    def full_duplex_call(self, requests, context):
        _echo_metadata(context)
        for request in requests:
            _echo_status(request, context)
            yield from _responses(request, context)

    def half_duplex_call(self, requests, context):
        for request in list(requests):
            yield from _responses(request, context)
