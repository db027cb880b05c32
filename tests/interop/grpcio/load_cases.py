"""Many calls, many channels, and more messages than anybody reads."""

import concurrent.futures
import time

import settings
from context import (CaseFailed, Context, call_empty, call_large_unary, expect, expect_equal,
                     get_counters)
from polycall_test_pb2 import FloodRequest, GatherRequest, MemoryRequest
from test_pb2_grpc import TestServiceStub

CASES = ("rpc_soak", "channel_soak", "concurrent_calls", "slow_reader_backpressure")


def rpc_soak(context: Context) -> None:
    for _ in range(200):
        call_large_unary(context.test)


def channel_soak(context: Context) -> None:
    for _ in range(50):
        with settings.open_channel(context.target) as channel:
            call_large_unary(TestServiceStub(channel))


def _call_from_threads(context: Context) -> None:
    def call_often() -> None:
        for _ in range(25):
            call_empty(context)
            call_large_unary(context.test)

    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        for future in [threads.submit(call_often) for _ in range(16)]:
            future.result()


def concurrent_calls(context: Context) -> None:
    count = 1000
    key = context.new_key("concurrent_calls")
    futures = [context.own.Gather.future(GatherRequest(key=key, count=count, number=number))
               for number in range(count)]
    end = time.monotonic() + 30
    numbers = [future.result(timeout=max(0.0, end - time.monotonic())).number for future in futures]
    expect_equal(list(range(count)), numbers, "the answers")
    _call_from_threads(context)


_FLOOD_COUNT = 4096
_FLOOD_SIZE = 16 << 10


def _resident_bytes(context: Context) -> int:
    return context.own.GetMemory(MemoryRequest()).resident_bytes


def _wait_until_stopped(context: Context, key: str) -> int:
    """Waits until the server has not been able to send for half a second, at most 20 s; returns how
    many messages it sent."""
    last, same = -1, 0
    for _ in range(400):
        sent = get_counters(context, key).sent
        same = same + 1 if sent == last and last > 0 else 0
        last = sent
        if same == 10:
            return sent
        time.sleep(0.05)
    raise CaseFailed(f"the server still sends after 20 s: {last} messages")


def slow_reader_backpressure(context: Context) -> None:
    request = FloodRequest(key=context.new_key("flood"), count=_FLOOD_COUNT, size=_FLOOD_SIZE)
    before = _resident_bytes(context)
    stream = context.own.Flood(request)
    sent = _wait_until_stopped(context, request.key)
    stopped = _resident_bytes(context)
    expect(sent * _FLOOD_SIZE <= 1 << 20, f"at most 1 MiB unread, found {sent} messages of 16 KiB")
    expect(stopped - before < 16 << 20, "the stopped server to have grown by less than 16 MiB")
    count = 0
    for message in stream:
        expect_equal(count, message.number, "the message's number")
        expect_equal(_FLOOD_SIZE, len(message.body), "the body")
        count += 1
    expect_equal(_FLOOD_COUNT, count, "the count of messages")
    expect(_resident_bytes(context) - before < 32 << 20,
           "the server to have grown by less than 32 MiB")
