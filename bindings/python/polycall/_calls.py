"""Streams of a blocking caller, and the futures of unary calls."""

from __future__ import annotations

import concurrent.futures
import threading
from typing import Any, Generic, Iterable, Optional, TypeVar

from polycall import _polycall
from polycall._metadata import Metadata
from polycall._status import Status, StatusError

Request = TypeVar("Request")
Response = TypeVar("Response")


class _Stream(_polycall.BlockingCall):
    """What the three kinds of stream share. A context manager: leaving it cancels a call that has
    not ended."""

    __slots__ = ()

    def status(self) -> Status:
        """Waits for the call's end; messages that were not received are dropped."""
        return self._status()

    def initial_metadata(self) -> Metadata:
        """Waits for the handler's initial metadata, its first message or the end."""
        return self._initial_metadata()

    def trailing_metadata(self) -> Metadata:
        """Waits for the call's end; messages that were not received are dropped."""
        return self._trailing_metadata()


class ServerStream(_polycall.IterableCall, _Stream, Generic[Response]):
    """The responses of a server-streaming call: an iterator that raises StatusError at the end
    unless the status is OK. One thread at a time receives."""

    __slots__ = ()

    def receive(self) -> Optional[Response]:
        """The next response, or None at the end."""
        return self._receive()


class ClientStream(_Stream, Generic[Request, Response]):
    """A client-streaming call. One thread at a time sends."""

    __slots__ = ()

    def send(self, request: Request, *, buffered: bool = False) -> None:
        """Sends one request; waits while the peer's credit is used up. `buffered`: more follows at
        once, so it may stay in the write buffer until then. StatusError if the call has ended."""
        self._send(request, buffered=buffered)

    def half_close(self) -> None:
        """Says that no more requests will be sent."""
        self._half_close()

    def finish(self) -> Response:
        """Half-closes and waits for the response. StatusError unless the status is OK."""
        return self._finish()


class BidiStream(_polycall.IterableCall, _Stream, Generic[Request, Response]):
    """A bidirectional call: send() and iteration (or receive()), each by one thread at a time."""

    __slots__ = ()

    def send(self, request: Request, *, buffered: bool = False) -> None:
        """Sends one request; waits while the peer's credit is used up. `buffered`: more follows at
        once, so it may stay in the write buffer until then. StatusError if the call has ended."""
        self._send(request, buffered=buffered)

    def half_close(self) -> None:
        """Says that no more requests will be sent."""
        self._half_close()

    def receive(self) -> Optional[Response]:
        """The next response, or None at the end."""
        return self._receive()


class CallFuture(concurrent.futures.Future, Generic[Response]):
    """The future of a unary call; cancel() cancels the call, whose end then is a CancelledError of
    concurrent.futures. Callbacks run on a thread of the runtime's."""

    _call: Optional[_polycall.PendingCall] = None

    def cancel(self) -> bool:
        """Cancels the call; from any thread. False when it has ended."""
        if not super().cancel():
            return False
        # The first to cancel tells the future's waiters; dict.setdefault is atomic.
        me = object()
        if self.__dict__.setdefault("_canceller", me) is me:
            self.set_running_or_notify_cancel()
            if self._call is not None:
                self._call.cancel()
        return True


def start_future(
    method: _polycall.Method, request: Any, timeout: Any, metadata: Any, flags: int, info: Any
) -> CallFuture:
    """Starts a unary call whose outcome the future gets."""
    future: CallFuture = CallFuture()
    future._call = method.start_unary(None, future, request, timeout, metadata, flags, info)
    return future


def send_all(
    method: _polycall.Method,
    requests: Iterable[Any],
    timeout: Any,
    metadata: Any,
    flags: int,
    info: Any,
) -> Any:
    """A client-streaming call of all that an iterable gives."""
    stream = method.start(ClientStream, None, timeout, metadata, flags, info)
    with stream:
        _feed(stream, requests)
        return stream._finish()


def start_bidi(
    method: _polycall.Method,
    requests: Optional[Iterable[Any]],
    timeout: Any,
    metadata: Any,
    flags: int,
    info: Any,
) -> BidiStream:
    """A bidirectional call; a thread of its own sends what `requests` gives, if anything."""
    stream = method.start(BidiStream, None, timeout, metadata, flags, info)
    if requests is not None:
        threading.Thread(
            target=_feed_and_close, args=(stream, requests), name="polycall-requests", daemon=True
        ).start()
    return stream


def _feed(stream: Any, requests: Iterable[Any]) -> None:
    # Of a list everything is there already, so that nobody waits for what is still in the buffer.
    buffered = isinstance(requests, (list, tuple))
    for request in requests:
        try:
            stream._send(request, buffered=buffered)
        except StatusError:
            return  # the call has ended; its status says why


def _feed_and_close(stream: BidiStream, requests: Iterable[Any]) -> None:
    try:
        _feed(stream, requests)
    except BaseException:
        stream.cancel()  # the iterable failed: half a stream must not pass for a whole one
        raise
    stream._half_close()
