"""grpc.testing.TestService on grpcio."""

import asyncio

import grpc

from empty_pb2 import Empty
from messages_pb2 import (Payload, SimpleResponse, StreamingInputCallResponse,
                          StreamingOutputCallResponse)
from test_pb2_grpc import TestServiceServicer

_INITIAL_KEY = "x-grpc-test-echo-initial"
_TRAILING_KEY = "x-grpc-test-echo-trailing-bin"
_CODES = {code.value[0]: code for code in grpc.StatusCode}


async def _echo_metadata(context) -> None:
    metadata = dict(context.invocation_metadata())
    if _INITIAL_KEY in metadata:
        await context.send_initial_metadata(((_INITIAL_KEY, metadata[_INITIAL_KEY]),))
    if _TRAILING_KEY in metadata:
        context.set_trailing_metadata(((_TRAILING_KEY, metadata[_TRAILING_KEY]),))


async def _echo_status(request, context) -> None:
    if request.response_status.code != 0:
        await context.abort(_CODES[request.response_status.code], request.response_status.message)


async def _new_payload(size: int, context) -> Payload:
    if size < 0:
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the size is negative")
    return Payload(body=bytes(size))


async def _respond(request, context) -> None:
    """Sends what one request asks for."""
    for wanted in request.response_parameters:
        if wanted.interval_us > 0:
            await asyncio.sleep(wanted.interval_us / 1e6)
        await context.write(
            StreamingOutputCallResponse(payload=await _new_payload(wanted.size, context)))


class Test(TestServiceServicer):
    """UnimplementedCall is the base's: that is its case."""

    async def EmptyCall(self, request, context):
        return Empty()

    async def UnaryCall(self, request, context):
        await _echo_metadata(context)
        await _echo_status(request, context)
        return SimpleResponse(payload=await _new_payload(request.response_size, context))

    async def StreamingOutputCall(self, request, context):
        await _echo_metadata(context)
        await _echo_status(request, context)
        await _respond(request, context)

    async def StreamingInputCall(self, requests, context):
        size = 0
        async for request in requests:
            size += len(request.payload.body)
        return StreamingInputCallResponse(aggregated_payload_size=size)

    async def FullDuplexCall(self, requests, context):
        await _echo_metadata(context)
        async for request in requests:
            await _echo_status(request, context)
            await _respond(request, context)

    async def HalfDuplexCall(self, requests, context):
        for request in [request async for request in requests]:
            await _respond(request, context)
