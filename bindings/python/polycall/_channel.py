"""Channels: the caller's handle on a target."""

from __future__ import annotations

import enum
import json
import time
from typing import Any, Dict, Optional, Sequence

from polycall import _polycall
from polycall._descriptor import MethodDescriptor
from polycall._interceptor import Interceptor
from polycall._limits import split_limits
from polycall._metadata import Metadata, MetadataLike
from polycall._status import StatusError
from polycall._tls import TlsOptions, native_tls

#: How long a wait stays away from Python, which looks for signals (Ctrl-C) in between.
_SLICE_NS = 200_000_000


class CallFlags(enum.IntFlag):
    """Flags of one call."""

    #: Wait (to the deadline) for a peer that is not there.
    WAIT_FOR_READY = 1
    #: The call may be run twice with the effect of once, so that it may be retried.
    IDEMPOTENT = 2
    #: Does not inherit deadline and cancellation from the handler that makes it.
    DETACHED = 4
    #: Never start this call twice, whatever the channel's policy.
    NO_RETRY = 16


class ChannelState(enum.IntEnum):
    """Whether a channel has a connection: not asked for, being made, there, or failed and to be tried
    again."""

    IDLE = 0
    CONNECTING = 1
    READY = 2
    TRANSIENT_FAILURE = 3


class Balancing(enum.IntEnum):
    """How a channel spreads calls over the addresses that its target stands for."""

    #: What the resolver says, else PICK_FIRST.
    DEFAULT = 0
    #: The first address that answers, until it breaks.
    PICK_FIRST = 1
    #: All that answer, in turn.
    ROUND_ROBIN = 2
    #: Of two picked at random the one with fewer calls.
    LEAST_IN_FLIGHT = 3


class CallInfo:
    """What a caller may want to know of a call besides its messages; filled when the call ends."""

    __slots__ = ("initial_metadata", "trailing_metadata")

    def __init__(self) -> None:
        self.initial_metadata = Metadata()
        self.trailing_metadata = Metadata()


def _nanoseconds(seconds: Optional[float]) -> int:
    return 0 if seconds is None else int(seconds * 1e9)


class Channel(_polycall.Channel):
    """A channel on a target: "inproc:calc", "unix:/run/calc.sock", "tcp://host:port",
    "tls://host:port", "grpc://host:port", "grpcs://host:port", "host:port" (negotiated); or on what
    stands for several: "list:TARGET,TARGET", "dns:///host:port", "file:///path" (a target in each
    line; watched), "polycall:///name" (a service of polycalld).

    Making one does not connect; the first call does, or wait_ready(). Any number of threads and
    asyncio loops may use one channel at once. Use it as a context manager (`with` or `async with`),
    or call close().

    Options (times in seconds, None is the default): `transports` are the names that may be used,
    best first: "inproc", "shm", "unix", "tcp", "tls", "grpc"; `tls` has the certificates for
    "tls://" and "grpcs://"; `balancing` says how calls are spread over several addresses;
    every `rewire_interval` (5 s; negative: never) a channel in use looks for a better way to its
    peer, and takes it; idempotent unary calls that are not answered after `hedging_delay` are sent
    to a second address too; `interceptors` see every call; `max_attempts` bounds the retries of one call, with
    waits that grow from `initial_backoff` to `max_backoff`; `user_agent` is what the peer's logs
    show. Limits are named as in polycall_limits: `max_message_size`, `max_metadata_size`,
    `call_window`, `connection_window`, `max_pending_calls`, `handshake_timeout`, `idle_timeout`,
    `keepalive_interval`, `keepalive_timeout`.

    After a fork() a channel starts afresh in the child, with connections of its own.
    """

    def __init__(
        self,
        target: str,
        *,
        transports: Optional[Sequence[str]] = None,
        interceptors: Sequence[Interceptor] = (),
        connect_timeout: Optional[float] = None,
        max_attempts: int = 0,
        initial_backoff: Optional[float] = None,
        max_backoff: Optional[float] = None,
        user_agent: Optional[str] = None,
        tls: Optional[TlsOptions] = None,
        balancing: Balancing = Balancing.DEFAULT,
        rewire_interval: Optional[float] = None,
        hedging_delay: Optional[float] = None,
        **limits: Any,
    ):
        super().__init__(
            target,
            split_limits("Channel", limits),
            _nanoseconds(connect_timeout),
            _nanoseconds(initial_backoff),
            _nanoseconds(max_backoff),
            max_attempts,
            interceptors,
            transports,
            user_agent,
            native_tls(tls),
            int(balancing),
            _nanoseconds(rewire_interval),
            _nanoseconds(hedging_delay),
        )
        self.target = target
        self._methods: Dict[Any, _polycall.Method] = {}

    def __repr__(self) -> str:
        return f"<polycall.Channel {self.target}{' closed' if self.closed else ''}>"

    def __enter__(self) -> Channel:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    async def __aenter__(self) -> Channel:
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.close()

    @property
    def state(self) -> ChannelState:
        """What the channel is doing now; does not wait."""
        return ChannelState(self._state())

    def wait_ready(self, timeout: float = 20.0) -> None:
        """Connects if need be and waits. StatusError with the last attempt's status when the
        channel is not ready after `timeout` seconds."""
        end = time.monotonic_ns() + int(timeout * 1e9)
        while True:
            began = time.monotonic_ns()
            slice_ns = max(1, min(end - began, _SLICE_NS))
            try:
                return self._wait_ready(slice_ns)
            except StatusError:
                now = time.monotonic_ns()
                if now >= end or now - began < slice_ns // 2:
                    raise

    def ping(self, timeout: float = 20.0) -> float:
        """Sends a ping and waits for the answer; the round trip in seconds."""
        return self._ping(int(timeout * 1e9)) * 1e-9

    def explain(self) -> Dict[str, Any]:
        """What was offered, chosen and refused in the last connection attempt: target, state,
        transport, address, peer_version, offers, services, handshake_us."""
        return json.loads(self._explain())

    def method(self, service: str, method: MethodDescriptor) -> _polycall.Method:
        """The native form of a method, made once; what generated clients call."""
        key = (service, method)
        native = self._methods.get(key)
        if native is None:
            native = _polycall.Method(
                self,
                service,
                method.name,
                method.kind,
                method.flags,
                method.timeout_ns,
                method.request_type,
                method.response_type,
            )
            self._methods[key] = native
        return native

    def call(
        self,
        service: str,
        method: MethodDescriptor,
        request: Any,
        *,
        timeout: Optional[float] = None,
        metadata: Optional[MetadataLike] = None,
        flags: int = 0,
        info: Optional[CallInfo] = None,
    ) -> Any:
        """Makes a unary call without generated code."""
        return self.method(service, method)(request, timeout, metadata, flags, info)
