"""Calls of an asyncio caller."""

from __future__ import annotations

import asyncio
from asyncio import get_running_loop
from typing import Any, AsyncIterable, Generic, Iterable, Optional, TypeVar, Union

from polycall import _polycall
from polycall._loop import queue_of
from polycall._metadata import Metadata
from polycall._status import Status, StatusError

Request = TypeVar("Request")
Response = TypeVar("Response")

#: What a caller may give as a stream of requests.
Requests = Union[Iterable[Request], AsyncIterable[Request]]

_HALF_CLOSE = 1
_BUFFERED = 2


async def unary(
    method: _polycall.Method, request: Any, timeout: Any, metadata: Any, flags: int, info: Any
) -> Any:
    """Makes a unary call. Cancelling the awaiting task cancels the call."""
    loop = get_running_loop()
    future = loop.create_future()
    call = method.start_unary(
        queue_of(loop), future, request, timeout, metadata, flags, info
    )
    try:
        return await future
    except asyncio.CancelledError:
        call.cancel()
        raise


class _AsyncStream(_polycall.Call):
    """What the three kinds of stream share. An asynchronous context manager: leaving it cancels a
    call that has not ended."""

    __slots__ = ()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.cancel()

    async def status(self) -> Status:
        """Waits for the call's end; messages that were not received are dropped."""
        loop = get_running_loop()
        future = loop.create_future()
        self._wait_async(queue_of(loop), future)
        return await future

    async def initial_metadata(self) -> Metadata:
        """Waits for the handler's initial metadata, its first message or the end."""
        # The runtime has no callback for this one.
        return await get_running_loop().run_in_executor(None, self._initial_metadata)

    async def trailing_metadata(self) -> Metadata:
        """Waits for the call's end; messages that were not received are dropped."""
        await self.status()
        return self._trailing_metadata()

    async def _send(self, request: Any, flags: int) -> None:
        loop = get_running_loop()
        future = loop.create_future()
        self._send_async(queue_of(loop), future, request, flags)
        if await future != 0:
            status = await self.status()
            if status.code != 0:
                raise self._error()
            raise StatusError(9, "the call has ended: nothing more can be sent")

    async def _next(self) -> Any:
        loop = get_running_loop()
        future = loop.create_future()
        self._receive_async(queue_of(loop), future)
        return await future


class AsyncServerStream(_AsyncStream, Generic[Response]):
    """The responses of a server-streaming call, for `async for`, which raises StatusError at the
    end unless the status is OK."""

    __slots__ = ()

    def __aiter__(self):
        return self

    async def __anext__(self) -> Response:
        response = await self._next()
        if response is None:
            raise StopAsyncIteration
        return response

    async def receive(self) -> Optional[Response]:
        """The next response, or None at the end."""
        return await self._next()


class AsyncClientStream(_AsyncStream, Generic[Request, Response]):
    """A client-streaming call. One task at a time sends."""

    __slots__ = ()

    async def send(self, request: Request, *, buffered: bool = False) -> None:
        """Sends one request; waits while the peer's credit is used up. StatusError if the call has
        ended."""
        await self._send(request, _BUFFERED if buffered else 0)

    async def half_close(self) -> None:
        """Says that no more requests will be sent."""
        self._half_close()

    async def finish(self) -> Response:
        """Half-closes and waits for the response. StatusError unless the status is OK."""
        self._half_close()
        response = await self._next()
        if response is None:
            raise StatusError(13, "the call ended OK without a response")
        if (await self.status()).code != 0:
            raise self._error()
        return response


class AsyncBidiStream(AsyncServerStream, Generic[Request, Response]):
    """A bidirectional call: send() and `async for` (or receive()), each by one task at a time."""

    __slots__ = ()

    async def send(self, request: Request, *, buffered: bool = False) -> None:
        """Sends one request; waits while the peer's credit is used up. StatusError if the call has
        ended."""
        await self._send(request, _BUFFERED if buffered else 0)

    async def half_close(self) -> None:
        """Says that no more requests will be sent."""
        self._half_close()


class FedBidiStream(AsyncBidiStream, Generic[Request, Response]):
    """A bidirectional call whose requests a task of its own sends, from the first receive on."""

    # Not slots: instances carry their feeding task.

    _requests: Any = None
    _feeder: Optional[asyncio.Task] = None

    async def _next(self) -> Any:
        if self._requests is not None:
            requests, self._requests = self._requests, None
            self._feeder = get_running_loop().create_task(_feed_and_close(self, requests))
        return await super()._next()


async def send_all(
    method: _polycall.Method,
    requests: Requests,
    timeout: Any,
    metadata: Any,
    flags: int,
    info: Any,
) -> Any:
    """A client-streaming call of all that an iterable gives."""
    stream = method.start(AsyncClientStream, None, timeout, metadata, flags, info)
    async with stream:
        await _feed(stream, requests)
        return await stream.finish()


def start_bidi(
    method: _polycall.Method,
    requests: Optional[Requests],
    timeout: Any,
    metadata: Any,
    flags: int,
    info: Any,
) -> AsyncBidiStream:
    """A bidirectional call; a task sends what `requests` gives, if anything."""
    if requests is None:
        return method.start(AsyncBidiStream, None, timeout, metadata, flags, info)
    stream = method.start(FedBidiStream, None, timeout, metadata, flags, info)
    stream._requests = requests
    return stream


async def _feed(stream: Any, requests: Requests) -> None:
    if isinstance(requests, AsyncIterable):
        async for request in requests:
            if not await _send_one(stream, request, 0):
                return
        return
    # Of a list everything is there already, so that nobody waits for what is still in the buffer.
    send_flags = _BUFFERED if isinstance(requests, (list, tuple)) else 0
    for request in requests:
        if not await _send_one(stream, request, send_flags):
            return


async def _send_one(stream: Any, request: Any, flags: int) -> bool:
    """False when the call has ended; its status says why."""
    loop = get_running_loop()
    future = loop.create_future()
    stream._send_async(queue_of(loop), future, request, flags)
    return await future == 0


async def _feed_and_close(stream: Any, requests: Requests) -> None:
    try:
        await _feed(stream, requests)
    except BaseException:
        stream.cancel()  # the iterable failed: half a stream must not pass for a whole one
        raise
    stream._half_close()
