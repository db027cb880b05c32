"""The native half of the package; its public names are re-exported by `polycall`."""

from typing import Any, Callable, Dict, List, Optional, Tuple, overload

from polycall._metadata import Metadata, MetadataLike
from polycall._status import Status
from polycall._tls import Identity, NativeTls

__version__: str

class Channel:
    def __init__(
        self,
        target: str,
        limits: Dict[str, int],
        connect_timeout_ns: int,
        initial_backoff_ns: int,
        max_backoff_ns: int,
        max_attempts: int,
        interceptors: Any,
        transports: Any,
        user_agent: Optional[str],
        tls: Optional[NativeTls],
        balancing: int,
        rewire_interval_ns: int,
        hedging_delay_ns: int,
    ) -> None: ...
    def close(self) -> None:
        """Cancels asynchronous and streaming calls and closes the connections; blocking calls of
        other threads end as they would. A second close does nothing."""
    @property
    def closed(self) -> bool: ...
    @property
    def transport(self) -> Optional[str]:
        """The transport in use: "inproc", "shm", "unix", "tcp", "tls" or "grpc"; None when there is
        none now."""
    def _state(self) -> int: ...
    def _wait_ready(self, timeout_ns: int) -> None: ...
    def _ping(self, timeout_ns: int) -> int: ...
    def _explain(self) -> str: ...

class Server:
    @overload
    def __init__(self, borrowed: int) -> None: ...
    @overload
    def __init__(
        self,
        limits: Dict[str, int],
        max_threads: int,
        flags: int,
        interceptors: Any,
        name: Optional[str],
        transports: Any,
        tls: Optional[NativeTls],
    ) -> None: ...
    def stats(self) -> Dict[str, int]:
        """Counters since start: connections_open, connections_accepted, calls_started,
        calls_in_flight, calls_failed, protocol_errors, threads."""
    def _add_service(
        self,
        name: str,
        methods: List[Any],
        descriptors: bytes,
        fingerprint: int,
        queue: Optional[LoopQueue],
        dispatch: Callable[..., None],
    ) -> None: ...
    def _load(self, language: str, module: str, arguments: List[str]) -> None: ...
    def _loaded(self) -> None: ...
    def _allow(self, service: str, identities: List[str]) -> None: ...
    def _listen(self, target: str) -> str: ...
    def _start(self) -> None: ...
    def _shutdown(self, grace_ns: int) -> None: ...
    def _close(self) -> None: ...
    def _wait(self, timeout_ns: int) -> bool: ...
    def _run_worker(self, timeout_ns: int) -> bool: ...
    def _set_serving(self, service: str, serving: bool) -> None: ...

class LoopQueue:
    def fileno(self) -> int: ...
    def drain(self) -> None: ...

class PendingCall:
    def cancel(self) -> None: ...

class Method:
    def __new__(
        cls,
        channel: Channel,
        service: str,
        name: str,
        kind: int,
        flags: int,
        timeout_ns: int,
        request_type: type,
        response_type: type,
    ) -> Method: ...
    def __call__(
        self,
        request: Any,
        timeout: Optional[float] = ...,
        metadata: Optional[MetadataLike] = ...,
        flags: int = ...,
        info: Any = ...,
        /,
    ) -> Any: ...
    def start_unary(
        self,
        queue: Optional[LoopQueue],
        future: Any,
        request: Any,
        timeout: Optional[float],
        metadata: Optional[MetadataLike],
        flags: int,
        info: Any,
        /,
    ) -> PendingCall: ...
    def start(
        self,
        call_class: type,
        request: Any,
        timeout: Optional[float],
        metadata: Optional[MetadataLike],
        flags: int,
        info: Any,
        /,
    ) -> Any: ...

class Call:
    @property
    def service(self) -> Optional[str]: ...
    @property
    def method(self) -> Optional[str]: ...
    @property
    def transport(self) -> Optional[str]: ...
    @property
    def peer(self) -> Optional[str]: ...
    @property
    def ended(self) -> bool: ...
    def cancel(self) -> None: ...
    def time_left(self) -> Optional[float]: ...
    def _status(self) -> Status: ...
    def _error(self) -> Any: ...
    def _initial_metadata(self) -> Metadata: ...
    def _trailing_metadata(self) -> Metadata: ...
    def _half_close(self) -> None: ...
    def _wait_async(self, queue: LoopQueue, future: Any, /) -> None: ...
    def _send_async(self, queue: LoopQueue, future: Any, message: Any, flags: int, /) -> None: ...
    def _receive_async(self, queue: LoopQueue, future: Any, /) -> None: ...

class BlockingCall(Call):
    def __enter__(self) -> Any: ...
    def __exit__(self, *exception: object) -> None: ...
    def _send(self, message: Any, *, buffered: bool = ..., last: bool = ...) -> None: ...
    def _receive(self) -> Any: ...
    def _finish(self) -> Any: ...

class IterableCall(BlockingCall):
    def __iter__(self) -> Any: ...
    def __next__(self) -> Any: ...

class Context:
    """One call, as its handler sees it. Any thread may use it; after the handler's end only what
    was read before is still there."""

    @property
    def service(self) -> str:
        """Full name of the service."""
    @property
    def method(self) -> str:
        """Name of the method."""
    @property
    def transport(self) -> str:
        """The transport that the call came by, "unix"."""
    @property
    def peer(self) -> str:
        """The caller's address; of a unix peer with ",pid=..,uid=.." as the kernel vouches."""
    @property
    def metadata(self) -> Metadata:
        """The caller's metadata."""
    @property
    def identity(self) -> Optional[Identity]:
        """Who the caller is; None when nobody vouches for it (plain TCP, or TLS without a client
        certificate)."""
    def time_left(self) -> Optional[float]:
        """Seconds to the deadline, at least 0; None without one."""
    def send_initial_metadata(self, metadata: MetadataLike) -> None:
        """Sends metadata ahead of the first message; at most once, before any message."""
    def set_trailing_metadata(self, metadata: MetadataLike) -> None:
        """Sets the metadata that goes with the status."""
    def is_cancelled(self) -> bool:
        """Whether the caller cancelled, its deadline passed or it is gone."""
    def on_cancel(self, function: Optional[Callable[[], None]]) -> None:
        """Runs `function` once, on another thread, if the call is cancelled before it ends; at once
        if it already is. A second replaces the first; None removes it."""
    def abort(self, code: int, message: str = ..., details: bytes = ...) -> Any:
        """Raises a StatusError: the handler ends with this status."""
    def _set_task(self, cancel: Callable[[], None]) -> None: ...
    def _finish(self, response: Any) -> None: ...
    def _finish_stream(self) -> None: ...
    def _finish_error(self, error: BaseException) -> bool: ...
    def _send_async(self, queue: LoopQueue, future: Any, message: Any, /) -> None: ...
    def _receive_async(self, queue: LoopQueue, future: Any, /) -> None: ...

class InterceptedCall:
    """One call, as an interceptor sees it. An interceptor may keep attributes of its own on it."""

    @property
    def service(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def kind(self) -> int: ...
    @property
    def transport(self) -> Optional[str]: ...
    @property
    def peer(self) -> str: ...
    @property
    def identity(self) -> Optional[Identity]: ...
    def time_left(self) -> Optional[float]: ...
    def __getattr__(self, name: str) -> Any: ...
    def __setattr__(self, name: str, value: Any) -> None: ...

def _set_python_types(types: Dict[str, Any]) -> None: ...
def _log_set(level: int, to_python: bool) -> None: ...
def _log_next() -> Tuple[int, str]: ...
def _at_exit() -> None: ...
def _after_fork() -> None: ...
