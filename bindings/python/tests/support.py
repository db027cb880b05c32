"""What the tests share: a calculator served both ways, and targets to serve it on."""

import asyncio
import contextlib
import itertools
import os
import subprocess
import sys
import tempfile
import textwrap
import threading
import time

import polycall
from calc_pb2 import AddReply, AddRequest
from calc_polycall import CalcAsyncService, CalcService

#: No wait of a test is longer than this.
PATIENCE = 20.0

_numbers = itertools.count()


def inproc_target():
    return f"inproc:calc-{os.getpid()}-{next(_numbers)}"


def unix_target():
    return f"unix:{tempfile.gettempdir()}/polycall-py-{os.getpid()}-{next(_numbers)}.sock"


def tcp_target():
    return "tcp://127.0.0.1:0"


TARGETS = {"inproc": inproc_target, "unix": unix_target, "tcp": tcp_target}


class Jobs:
    """What handlers did, for tests to look at."""

    def __init__(self):
        self.requests = []
        self.cancelled = threading.Event()
        self.started = threading.Event()
        self.release = threading.Event()
        self.threads = set()


class Calc(CalcService):
    def __init__(self, jobs=None):
        self.jobs = jobs if jobs is not None else Jobs()

    def add(self, request, context):
        self.jobs.threads.add(threading.get_ident())
        self.jobs.requests.append(request)
        return AddReply(value=request.a + request.b, text=request.text)

    def count(self, request, context):
        for number in range(request.a):
            yield AddReply(value=number)
        if request.text == "fail":
            raise polycall.OutOfRangeError("counted too far")

    def sum(self, requests, context):
        return AddReply(value=sum(request.a for request in requests))

    def chat(self, requests, context):
        for request in requests:
            if request.text == "stop":
                return
            yield AddReply(value=request.a, text=request.text)

    def slow(self, request, context):
        self.jobs.started.set()
        context.on_cancel(self.jobs.cancelled.set)
        self.jobs.release.wait(PATIENCE)
        return AddReply(value=int((context.time_left() or 0) * 1000))

    def odd(self, request, context):
        return getattr(self, "odd_" + request.text)(request, context)

    def odd_raise(self, request, context):
        raise ValueError("what a value")

    def odd_status(self, request, context):
        context.abort(polycall.StatusCode(request.a), "as asked", details=b"\x08\x05")

    def odd_none(self, request, context):
        return None

    def odd_metadata(self, request, context):
        context.send_initial_metadata({"x-first": context.metadata.get("x-key")})
        context.set_trailing_metadata([("x-last-bin", context.metadata.get("x-key-bin"))])
        return AddReply(value=len(context.metadata.get_all("x-key")))

    def odd_where(self, request, context):
        return AddReply(text=f"{context.transport} {context.service} {context.method}")

    def odd_block(self, request, context):
        self.jobs.started.set()
        context.on_cancel(self.jobs.cancelled.set)
        self.jobs.release.wait(PATIENCE)
        return AddReply(value=int(context.is_cancelled()))

    def odd_deadline(self, request, context):
        left = context.time_left()
        return AddReply(value=-1 if left is None else int(left * 1000))


class AsyncCalc(CalcAsyncService):
    def __init__(self, jobs=None):
        self.jobs = jobs if jobs is not None else Jobs()

    async def add(self, request, context):
        self.jobs.threads.add(threading.get_ident())
        await asyncio.sleep(0)
        return AddReply(value=request.a + request.b, text=request.text)

    async def count(self, request, context):
        for number in range(request.a):
            yield AddReply(value=number)
        if request.text == "fail":
            raise polycall.OutOfRangeError("counted too far")

    async def sum(self, requests, context):
        total = 0
        async for request in requests:
            total += request.a
        return AddReply(value=total)

    async def chat(self, requests, context):
        async for request in requests:
            if request.text == "stop":
                return
            yield AddReply(value=request.a, text=request.text)

    async def odd(self, request, context):
        return await getattr(self, "odd_" + request.text)(request, context)

    async def odd_raise(self, request, context):
        raise ValueError("what a value")

    async def odd_status(self, request, context):
        context.abort(polycall.StatusCode(request.a), "as asked", details=b"\x08\x05")

    async def odd_none(self, request, context):
        return None

    async def odd_metadata(self, request, context):
        context.send_initial_metadata({"x-first": context.metadata.get("x-key")})
        context.set_trailing_metadata([("x-last-bin", context.metadata.get("x-key-bin"))])
        return AddReply(value=len(context.metadata.get_all("x-key")))

    async def odd_where(self, request, context):
        return AddReply(text=f"{context.transport} {context.service} {context.method}")

    async def odd_block(self, request, context):
        self.jobs.started.set()
        try:
            await asyncio.sleep(PATIENCE)
        except asyncio.CancelledError:
            self.jobs.cancelled.set()
            raise
        return AddReply()

    async def odd_deadline(self, request, context):
        left = context.time_left()
        return AddReply(value=-1 if left is None else int(left * 1000))


@contextlib.contextmanager
def serving(*services, target=None, **options):
    """Serves and gives the target that callers use."""
    with polycall.Server(shutdown_grace=1.0, **options) as server:
        for service in services:
            server.add(service)
        address = server.listen(target if target is not None else unix_target())
        server.start()
        yield address


def wait_until(condition, what):
    """Waits, bounded, until `condition()` holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain until {what}")
        time.sleep(0.005)


def run_program(source, *arguments, timeout=PATIENCE):
    """Runs a program of its own and gives (exit code, output)."""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", textwrap.dedent(source), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=timeout,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return done.returncode, done.stdout


__all__ = [
    "AddReply",
    "AddRequest",
    "AsyncCalc",
    "Calc",
    "Jobs",
    "PATIENCE",
    "TARGETS",
    "inproc_target",
    "run_program",
    "serving",
    "tcp_target",
    "unix_target",
    "wait_until",
]
