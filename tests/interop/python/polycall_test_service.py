"""polycall.testing.PolyCallTestService in Python, with asyncio handlers.

All of it runs on one event loop: nothing here needs a lock."""

import asyncio
import collections
import os

import settings
from context import DIED
from polycall_test_pb2 import (Counters, FloodMessage, GatherReply, HopRequest, Memory, Narrow,
                               ShutdownReply, SleepReply, TimeLeft, WaitReply)
from polycall_test_polycall import PolyCallTestServiceAsyncClient, PolyCallTestServiceAsyncService


def _one_hop_less(request: HopRequest) -> HopRequest:
    return HopRequest(key=request.key, hops=request.hops - 1, target=request.target)


class PolyCallTest(PolyCallTestServiceAsyncService):
    """`request_shutdown` begins the shutdown elsewhere and returns; it gets the grace in
    seconds."""

    def __init__(self, request_shutdown) -> None:
        self._request_shutdown = request_shutdown
        self._counters = collections.defaultdict(Counters)
        self._gathered = {}  # key to a list of futures

    async def get_counters(self, request, context):
        return self._counters[request.key]

    async def get_memory(self, request, context):
        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[1])
        return Memory(resident_bytes=pages * os.sysconf("SC_PAGESIZE"), process_id=os.getpid())

    async def get_time_left(self, request, context):
        if request.hops > 0:
            async with settings.open_channel(request.target) as channel:
                client = PolyCallTestServiceAsyncClient(channel)
                return await client.get_time_left(_one_hop_less(request))
        left = context.time_left()
        return TimeLeft(has_deadline=left is not None, time_left_us=int((left or 0) * 1e6))

    async def wait_for_cancel(self, request, context):
        if request.hops > 0:
            async with settings.open_channel(request.target) as channel:
                client = PolyCallTestServiceAsyncClient(channel)
                return await client.wait_for_cancel(_one_hop_less(request))
        counters = self._counters[request.key]
        counters.started += 1
        try:
            await asyncio.sleep(20)
        except asyncio.CancelledError:
            counters.cancelled += 1
            raise
        counters.finished += 1
        return WaitReply()

    async def gather(self, request, context):
        self._counters[request.key].started += 1
        waiting = self._gathered.setdefault(request.key, [])
        arrived = asyncio.get_running_loop().create_future()
        waiting.append(arrived)
        if len(waiting) == request.count:
            for future in self._gathered.pop(request.key):
                future.set_result(None)
        await arrived
        return GatherReply(number=request.number)

    async def sleep(self, request, context):
        counters = self._counters[request.key]
        counters.started += 1
        await asyncio.sleep(request.milliseconds / 1000)
        counters.finished += 1
        return SleepReply()

    async def flood(self, request, context):
        counters = self._counters[request.key]
        counters.started += 1
        body = bytes(request.size)
        for number in range(request.count):
            yield FloodMessage(number=number, body=body)
            counters.sent += 1
        counters.finished += 1

    async def hold(self, requests, context):
        counters = Counters()
        complete = False
        try:
            async for message in requests:
                if counters.received == 0:
                    counters = self._counters[message.key]
                    counters.started += 1
                counters.received += 1
                yield message
            complete = not context.is_cancelled()
        finally:
            if complete:
                counters.finished += 1
            else:
                counters.cancelled += 1

    async def throw(self, request, context):
        raise ValueError("this handler always fails")

    async def echo_narrow(self, request, context):
        reply = Narrow()
        reply.CopyFrom(request)
        return reply

    async def kill(self, request, context):
        os._exit(DIED)

    async def shutdown(self, request, context):
        self._request_shutdown(request.grace_ms / 1000)
        return ShutdownReply()
