"""Handlers that fail, messages that do not fit, programs of another age, processes that die."""

import os
import time

import grpc
from grpc import StatusCode

from context import (DIED, CaseFailed, Context, call_empty, expect, expect_code, expect_equal,
                     new_payload, wait_for_counter)
from empty_pb2 import Empty
from messages_pb2 import SimpleRequest
from polycall_test_pb2 import (HoldMessage, KillRequest, Narrow, ShutdownRequest, SleepRequest,
                               ThrowRequest, Wide)
from streams import Duplex

CASES = ("handler_throws", "message_too_large", "unknown_fields_kept",
         "client_dies_midstream_die", "client_dies_midstream_check", "server_dies_midcall",
         "graceful_shutdown_loses_nothing")


def handler_throws(context: Context) -> None:
    for _ in range(3):
        with expect_code(StatusCode.UNKNOWN):
            context.own.Throw(ThrowRequest())
        call_empty(context)


def message_too_large(context: Context) -> None:
    for request_size, response_size in ((17 << 20, 1), (1, 17 << 20)):
        with expect_code(StatusCode.RESOURCE_EXHAUSTED):
            context.test.UnaryCall(SimpleRequest(response_size=response_size,
                                                 payload=new_payload(request_size)))
        call_empty(context)


def unknown_fields_kept(context: Context) -> None:
    wide = Wide(name="known", number=-7, body=b"\x00\x01\xff", words=["one", ""],
                nested=Narrow(name="inner"), four_bytes=4000000000,
                eight_bytes=0x8000000000000001, counts={"key": 3})
    narrow = Narrow.FromString(wide.SerializeToString())
    reply = context.own.EchoNarrow(narrow)
    expect_equal(wide, Wide.FromString(reply.SerializeToString()), "EchoNarrow")


def _start_hold(context: Context, key: str) -> Duplex:
    """Opens a Hold stream and lets one message go to and fro: the handler is surely running."""
    stream = Duplex(context.own.Hold)
    stream.send(HoldMessage(key=key))
    expect(stream.receive() is not None, "an answer")
    return stream


def client_dies_midstream_die(context: Context) -> None:
    stream = _start_hold(context, context.new_key("client_dies"))
    expect(stream is not None, "a stream to die with")
    os._exit(DIED)


def client_dies_midstream_check(context: Context) -> None:
    wait_for_counter(context, context.new_key("client_dies"), "cancelled", 1)


def server_dies_midcall(context: Context) -> None:
    with _start_hold(context, context.new_key("server_dies")) as stream:
        with expect_code(StatusCode.UNAVAILABLE):
            context.own.Kill(KillRequest())
        with expect_code(StatusCode.UNAVAILABLE):
            stream.rest()
    with expect_code(StatusCode.UNAVAILABLE):
        context.test.EmptyCall(Empty())


def _expect_hold_goes_on(stream: Duplex) -> None:
    stream.send(HoldMessage(number=2))
    reply = stream.receive()
    expect(reply is not None, "an answer")
    expect_equal(2, reply.number, "the answer's number")
    stream.half_close()
    expect_equal([], stream.rest(), "the rest of the stream")


def _expect_no_new_calls(context: Context) -> None:
    for _ in range(500):
        try:
            context.test.EmptyCall(Empty())
        except grpc.RpcError as error:
            expect_equal(StatusCode.UNAVAILABLE, error.code(), "EmptyCall")
            return
        time.sleep(0.02)
    raise CaseFailed("the server still takes calls 10 s after its shutdown began")


def graceful_shutdown_loses_nothing(context: Context) -> None:
    with _start_hold(context, context.new_key("graceful_shutdown")) as stream:
        request = SleepRequest(key=context.new_key("graceful_shutdown_sleep"), milliseconds=500)
        futures = [context.own.Sleep.future(request) for _ in range(20)]
        wait_for_counter(context, request.key, "started", len(futures))
        context.own.Shutdown(ShutdownRequest(grace_ms=15000))
        for future in futures:
            future.result(timeout=30)
        _expect_hold_goes_on(stream)
    _expect_no_new_calls(context)
