"""polycall.testing.PolyCallTestService on grpcio.

All of it runs on one event loop: nothing here needs a lock."""

import asyncio
import collections
import os

import grpc.aio

import settings
from context import DIED
from polycall_test_pb2 import (Counters, FloodMessage, GatherReply, HopRequest, Memory,
                               ShutdownReply, SleepReply, TimeLeft, WaitReply)
from polycall_test_pb2_grpc import PolyCallTestServiceServicer, PolyCallTestServiceStub


async def _call_on(method: str, request: HopRequest, context):
    """Calls the next server with what time is left; a cancellation of the handler cancels that call
    too."""
    less = HopRequest(key=request.key, hops=request.hops - 1, target=request.target)
    async with settings.open_channel(request.target, grpc.aio) as channel:
        try:
            return await getattr(PolyCallTestServiceStub(channel), method)(
                less, timeout=context.time_remaining())
        except grpc.aio.AioRpcError as error:
            await context.abort(error.code(), error.details())


async def _expect_half_close() -> None:
    """After the last request: raises CancelledError if the caller did not half-close, but is gone.

    grpcio ends the requests in the same way for both, and lets the cancellation follow at once as a
    second event. Nothing says that none will come, so this is a bound for it, which costs time only
    when all is well."""
    await asyncio.sleep(2)


class PolyCallTest(PolyCallTestServiceServicer):
    """`request_shutdown` begins the shutdown elsewhere and returns; it gets the grace in
    seconds."""

    def __init__(self, request_shutdown) -> None:
        self._request_shutdown = request_shutdown
        self._counters = collections.defaultdict(Counters)
        self._gathered = {}  # key to a list of futures

    async def GetCounters(self, request, context):
        return self._counters[request.key]

    async def GetMemory(self, request, context):
        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[1])
        return Memory(resident_bytes=pages * os.sysconf("SC_PAGESIZE"), process_id=os.getpid())

    async def GetTimeLeft(self, request, context):
        if request.hops > 0:
            return await _call_on("GetTimeLeft", request, context)
        left = context.time_remaining()
        return TimeLeft(has_deadline=left is not None, time_left_us=int((left or 0) * 1e6))

    async def WaitForCancel(self, request, context):
        if request.hops > 0:
            return await _call_on("WaitForCancel", request, context)
        counters = self._counters[request.key]
        counters.started += 1
        try:
            await asyncio.sleep(20)
        except asyncio.CancelledError:
            counters.cancelled += 1
            raise
        counters.finished += 1
        return WaitReply()

    async def Gather(self, request, context):
        self._counters[request.key].started += 1
        waiting = self._gathered.setdefault(request.key, [])
        arrived = asyncio.get_running_loop().create_future()
        waiting.append(arrived)
        if len(waiting) == request.count:
            for future in self._gathered.pop(request.key):
                future.set_result(None)
        await arrived
        return GatherReply(number=request.number)

    async def Sleep(self, request, context):
        counters = self._counters[request.key]
        counters.started += 1
        await asyncio.sleep(request.milliseconds / 1000)
        counters.finished += 1
        return SleepReply()

    async def Flood(self, request, context):
        counters = self._counters[request.key]
        counters.started += 1
        body = bytes(request.size)
        for number in range(request.count):
            await context.write(FloodMessage(number=number, body=body))
            counters.sent += 1
        counters.finished += 1

    async def Hold(self, requests, context):
        counters = Counters()
        try:
            async for message in requests:
                if counters.received == 0:
                    counters = self._counters[message.key]
                    counters.started += 1
                counters.received += 1
                await context.write(message)
            await _expect_half_close()
        except BaseException:
            counters.cancelled += 1
            raise
        counters.finished += 1

    async def Throw(self, request, context):
        raise ValueError("this handler always fails")

    async def EchoNarrow(self, request, context):
        return request

    async def Kill(self, request, context):
        os._exit(DIED)

    async def Shutdown(self, request, context):
        self._request_shutdown(request.grace_ms / 1000)
        return ShutdownReply()
