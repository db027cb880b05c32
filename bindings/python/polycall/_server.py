"""Servers, and how handlers written in Python are called."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import logging
import time
from typing import Any, Callable, Optional, Sequence, Union

from polycall import _polycall
from polycall._descriptor import (
    BIDI_STREAMING,
    CLIENT_STREAMING,
    UNARY,
    MethodDescriptor,
    ServiceDescriptor,
)
from polycall._interceptor import Interceptor
from polycall._limits import split_limits
from polycall._loop import LoopThread, queue_of
from polycall._status import StatusCode, StatusError, UnimplementedError
from polycall._tls import TlsOptions, native_tls

Context = _polycall.Context

_log = logging.getLogger("polycall")

#: How long a wait stays away from Python, which looks for signals (Ctrl-C) in between.
_SLICE_NS = 200_000_000

_COPY_REQUESTS = 2
_DONATED_ONLY = 1
_NO_DESCRIPTION = 4

#: The asynchronous handler's call that this task belongs to: calls made on its behalf inherit
#: from it.
current_call: contextvars.ContextVar = contextvars.ContextVar("polycall_current_call", default=None)


class Service:
    """Base of generated services: `polycall_service` is what the .proto says of them."""

    polycall_service: ServiceDescriptor


class Server(_polycall.Server):
    """Services plus listeners.

        with polycall.Server() as server:
            server.add(Calc())
            server.listen("unix:/run/calc.sock")
            server.start()
            server.wait()

    Blocking handlers run on the runtime's threads, at most `max_threads` (default 256) at once;
    asynchronous ones on an asyncio loop. Leaving the `with` shuts the server down and lets calls
    end for at most `shutdown_grace` seconds.

    Options: `name` is what peers' explain() shows; `interceptors` see every call; `copy_requests`
    gives handlers copies even of requests from Python in the same process; `donated_only` makes no
    threads, so that only run_worker() serves; `describe` False leaves the description service out;
    `transports` names what may be spoken on its listeners ("inproc", "shm", "unix", "tcp", "tls",
    "grpc", "http"), all without it; `tls` has the certificates without which there is no TLS.
    Limits are named as in polycall_limits: `max_message_size`, `max_metadata_size`,
    `max_calls_per_connection`, `max_connections`, `call_window`, `connection_window`,
    `max_pending_calls`, `handshake_timeout`, `idle_timeout`, `keepalive_interval`,
    `keepalive_timeout` (times in seconds).
    """

    def __init__(
        self,
        *,
        max_threads: int = 0,
        name: Optional[str] = None,
        interceptors: Sequence[Interceptor] = (),
        copy_requests: bool = False,
        donated_only: bool = False,
        describe: bool = True,
        shutdown_grace: float = 5.0,
        transports: Optional[Sequence[str]] = None,
        tls: Optional[TlsOptions] = None,
        **limits: Any,
    ):
        flags = (
            (_COPY_REQUESTS if copy_requests else 0)
            | (_DONATED_ONLY if donated_only else 0)
            | (0 if describe else _NO_DESCRIPTION)
        )
        super().__init__(
            split_limits("Server", limits),
            max_threads,
            flags,
            interceptors,
            name,
            transports,
            native_tls(tls),
        )
        self.shutdown_grace = shutdown_grace
        self._loop_thread: Optional[LoopThread] = None
        self._shut_down = False

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    async def __aenter__(self) -> Server:
        return self

    async def __aexit__(self, *exception: object) -> None:
        # Asynchronous handlers need the loop in order to end.
        await asyncio.get_running_loop().run_in_executor(None, self.shutdown, self.shutdown_grace)
        self.close()

    def add(self, service: Service, *, loop: Optional[asyncio.AbstractEventLoop] = None) -> None:
        """Adds a service, before start(). Its `async def` handlers run on `loop`, which must be the
        running one; without it on the running loop; and where none runs, on a loop thread of the
        server's own. ALREADY_EXISTS for a service that was added before."""
        descriptor = getattr(service, "polycall_service", None)
        if not isinstance(descriptor, ServiceDescriptor):
            raise TypeError(
                f"{type(service).__name__} is no service: derive it from a generated class"
            )
        functions = [self._handler(service, method) for method in descriptor.methods]
        entries = [
            (
                method.name,
                method.kind,
                method.flags,
                method.timeout_ns,
                method.request_type,
                method.response_type,
                _async_runner(method.kind, function) if _is_async(function) else function,
                _is_async(function),
            )
            for method, function in zip(descriptor.methods, functions)
        ]
        queue = self._queue(loop) if any(map(_is_async, functions)) else None
        self._add_service(
            descriptor.name,
            entries,
            descriptor.file_descriptor_set(),
            descriptor.fingerprint,
            queue,
            _start_task,
        )

    def _handler(self, service: Service, method: MethodDescriptor) -> Callable:
        function = getattr(service, method.handler, None)
        if not callable(function):
            raise TypeError(f"{type(service).__name__} has no function {method.handler}")
        return function

    def _queue(self, loop: Optional[asyncio.AbstractEventLoop]) -> _polycall.LoopQueue:
        try:
            running: Optional[asyncio.AbstractEventLoop] = asyncio.get_running_loop()
        except RuntimeError:
            running = None
        if loop is not None and loop is not running:
            raise ValueError("Server.add: `loop` is not the running loop; add the service on it")
        if running is not None:
            return queue_of(running)
        if self._loop_thread is None:
            self._loop_thread = LoopThread()
        queue = self._loop_thread.queue
        assert queue is not None
        return queue

    def load(self, language: str, module: str, arguments: Sequence[str] = ()) -> None:
        """Loads a module of another language into this process and lets it add its services to
        this server, before start(). `language` is "c" (also C++ and assembly), "python", "java",
        "haskell" or "lisp"; what `module` is in each, docs/concepts/hosting.md says; `arguments`
        are for the language's runtime if this call is the one that starts it. A StatusError tells
        what is missing, or which runtimes cannot share a process. Waits while runtime and module
        start."""
        self._load(language, module, list(arguments))

    def allow(self, service: Union[str, ServiceDescriptor], identities: Sequence[str]) -> None:
        """Says who may call a service, before start(): peers that have one of `identities`, as
        Identity.names has them ("DNS:..", "URI:..", "UID:.."), or a certificate's whole subject
        ("CN=.."). Calls of others end PERMISSION_DENIED. `service` "" sets it for the services that
        have no list of their own. NOT_FOUND for a service that was not added, INVALID_ARGUMENT for
        an identity of no known kind."""
        if isinstance(identities, str):
            raise TypeError('`identities` is a sequence, as ["UID:1000"], not one str')
        name = service.name if isinstance(service, ServiceDescriptor) else service
        self._allow(name, list(identities))

    def listen(self, target: str) -> str:
        """Listens on "inproc:name", "unix:/path", "tcp://host:port" (port 0: any) or
        "tls://host:port" (takes nothing but TLS; "tcp" takes it too if there is `tls`), before or
        after start(). Returns the target that callers use. ALREADY_EXISTS when somebody listens
        there."""
        return self._listen(target)

    def start(self) -> None:
        """Starts serving; returns at once."""
        self._start()

    def wait(self, timeout: Optional[float] = None) -> bool:
        """Waits until the server was shut down, at most `timeout` seconds. False when it was
        not."""
        return self._sliced(self._wait, timeout)

    async def wait_async(self) -> None:
        """Waits until the server was shut down."""
        loop = asyncio.get_running_loop()
        while not await loop.run_in_executor(None, self._wait, _SLICE_NS):
            pass

    def run_worker(self, timeout: Optional[float] = None) -> bool:
        """Donates this thread: it reads requests and runs blocking handlers as the runtime's own
        do, until shutdown (True) or for `timeout` seconds (False)."""
        return self._sliced(self._run_worker, timeout)

    @staticmethod
    def _sliced(wait: Callable[[int], bool], timeout: Optional[float]) -> bool:
        """Waits in slices, so that the main thread sees signals."""
        end = None if timeout is None else time.monotonic_ns() + int(timeout * 1e9)
        while True:
            left = _SLICE_NS if end is None else max(0, end - time.monotonic_ns())
            if wait(min(left, _SLICE_NS)):
                return True
            if end is not None and time.monotonic_ns() >= end:
                return False

    def shutdown(self, grace: float = 0.0) -> None:
        """Stops accepting, lets calls end for at most `grace` seconds, then cancels them. Waits for
        that. Not from a handler, and not on the loop of asynchronous handlers."""
        self._shut_down = True
        self._shutdown(int(grace * 1e9))

    def close(self) -> None:
        """Shuts down with the server's grace and frees it. What leaving the `with` does."""
        if not self._shut_down:
            self.shutdown(self.shutdown_grace)
        if self._loop_thread is not None:
            self._loop_thread.stop()
            self._loop_thread = None
        self._close()

    def set_serving(self, service: str, serving: bool) -> None:
        """What the built-in grpc.health.v1.Health answers for `service` ("" is the whole server).
        Services serve from start to shutdown unless set otherwise."""
        self._set_serving(service, serving)


def _is_async(function: Callable) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def _start_task(runner: Callable, argument: Any, context: Context) -> None:
    """Called on the loop with each call of an asynchronous handler."""
    loop = asyncio.get_running_loop()
    task = loop.create_task(runner(argument, context))
    context._set_task(functools.partial(loop.call_soon_threadsafe, task.cancel))


def _async_runner(kind: int, function: Callable) -> Callable:
    """The coroutine function that serves one call of `kind` with `function`."""
    if kind == UNARY:

        async def run_unary(request: Any, context: Context) -> None:
            current_call.set(context)
            try:
                context._finish(await function(request, context))
            except BaseException as error:
                _finish_error(context, error)

        return run_unary

    if kind == CLIENT_STREAMING:

        async def run_client_streaming(_: Any, context: Context) -> None:
            current_call.set(context)
            try:
                context._finish(await function(AsyncRequests(context), context))
            except BaseException as error:
                _finish_error(context, error)

        return run_client_streaming

    takes_stream = kind == BIDI_STREAMING

    async def run_responses(request: Any, context: Context) -> None:
        current_call.set(context)
        try:
            responses = function(AsyncRequests(context) if takes_stream else request, context)
            if not inspect.isasyncgen(responses):
                responses = await responses  # `async def` that returns an asynchronous iterable
            try:
                loop = asyncio.get_running_loop()
                queue = queue_of(loop)
                async for response in responses:
                    sent = loop.create_future()
                    context._send_async(queue, sent, response)
                    code = await sent
                    if code != 0:
                        raise StatusError(code, "the caller is gone")
            finally:
                if inspect.isasyncgen(responses):
                    await responses.aclose()
            context._finish_stream()
        except BaseException as error:
            _finish_error(context, error)

    return run_responses


def _finish_error(context: Context, error: BaseException) -> None:
    if isinstance(error, asyncio.CancelledError):
        error = StatusError(StatusCode.CANCELLED, "the handler was cancelled")
    elif isinstance(error, GeneratorExit):
        context._finish_error(StatusError(StatusCode.UNAVAILABLE, "the server's loop was closed"))
        raise error
    service, method = context.service, context.method
    if context._finish_error(error):
        handler_failed(service, method, error)


class AsyncRequests:
    """The requests of a stream, for `async for`; receive() gives the next one or None at the
    end."""

    __slots__ = ("_context",)

    def __init__(self, context: Context):
        self._context = context

    def __aiter__(self) -> AsyncRequests:
        return self

    async def __anext__(self) -> Any:
        request = await self.receive()
        if request is None:
            raise StopAsyncIteration
        return request

    async def receive(self) -> Any:
        """The next request, or None after the caller's last. StatusError with CANCELLED when the
        caller cancelled the call or is gone. One task at a time."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._context._receive_async(queue_of(loop), future)
        request = await future
        if request is None and self._context.is_cancelled():
            raise StatusError(StatusCode.CANCELLED, "the caller cancelled the call or is gone")
        return request


def handler_failed(service: str, method: str, error: BaseException) -> None:
    """Logs what a handler raised that was no StatusError. The caller gets it as UNKNOWN."""
    _log.error("the handler of %s.%s failed", service, method, exc_info=error)


def unimplemented(service: ServiceDescriptor, method: str) -> UnimplementedError:
    """What a generated service raises for a method that its class does not define."""
    return UnimplementedError(f"{service.name}.{method} is not implemented by this server")
