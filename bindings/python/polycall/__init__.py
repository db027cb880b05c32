"""PolyCall: calls between languages through one .proto, by the fastest path between two ends.

    with polycall.Channel("unix:/run/calc.sock") as channel:
        reply = CalcClient(channel).add(AddRequest(a=1, b=2), timeout=1.0)
"""

from __future__ import annotations

import atexit as _atexit
import os as _os
import signal as _signal
import threading as _threading

from polycall import _polycall
from polycall import _log as _log_module
from polycall import _loop as _loop_module
from polycall import _server as _server_module
from polycall import _status as _status_module
from polycall import _tls as _tls_module
from polycall._aio_calls import AsyncBidiStream, AsyncClientStream, AsyncServerStream
from polycall._calls import BidiStream, CallFuture, ClientStream, ServerStream
from polycall._channel import Balancing, CallFlags, CallInfo, Channel, ChannelState
from polycall._descriptor import (
    BIDI_STREAMING,
    CLIENT_STREAMING,
    SERVER_STREAMING,
    UNARY,
    MethodDescriptor,
    MethodFlags,
    ServiceDescriptor,
)
from polycall._interceptor import Interceptor
from polycall._log import LogLevel, set_log
from polycall._metadata import Metadata, MetadataLike
from polycall._polycall import InterceptedCall, __version__
from polycall._server import AsyncRequests, Context, Server, Service
from polycall._status import (
    AbortedError,
    AlreadyExistsError,
    CancelledError,
    DataLossError,
    DeadlineExceededError,
    FailedPreconditionError,
    InternalError,
    InvalidArgumentError,
    NotFoundError,
    OutOfRangeError,
    PermissionDeniedError,
    ResourceExhaustedError,
    Status,
    StatusCode,
    StatusError,
    UnauthenticatedError,
    UnavailableError,
    UnimplementedError,
    UnknownError,
)
from polycall._tls import Identity, TlsOptions

__all__ = [
    "BIDI_STREAMING",
    "CLIENT_STREAMING",
    "SERVER_STREAMING",
    "UNARY",
    "AbortedError",
    "AlreadyExistsError",
    "AsyncBidiStream",
    "AsyncClientStream",
    "AsyncRequests",
    "AsyncServerStream",
    "Balancing",
    "BidiStream",
    "CallFlags",
    "CallFuture",
    "CallInfo",
    "CancelledError",
    "Channel",
    "ChannelState",
    "ClientStream",
    "Context",
    "DataLossError",
    "DeadlineExceededError",
    "FailedPreconditionError",
    "Identity",
    "InterceptedCall",
    "Interceptor",
    "InternalError",
    "InvalidArgumentError",
    "LogLevel",
    "Metadata",
    "MetadataLike",
    "MethodDescriptor",
    "MethodFlags",
    "NotFoundError",
    "OutOfRangeError",
    "PermissionDeniedError",
    "ResourceExhaustedError",
    "Server",
    "ServerStream",
    "Service",
    "ServiceDescriptor",
    "Status",
    "StatusCode",
    "StatusError",
    "TlsOptions",
    "UnauthenticatedError",
    "UnavailableError",
    "UnimplementedError",
    "UnknownError",
    "__version__",
    "set_log",
]

_polycall._set_python_types(
    {
        "StatusError": _status_module.StatusError,
        "make_status_error": _status_module.make_status_error,
        "make_status": _status_module.make_status,
        "Metadata": Metadata,
        "make_identity": _tls_module.make_identity,
        "current_call": _server_module.current_call,
        "handler_failed": _server_module.handler_failed,
        "set_wakeup_fd": _signal.set_wakeup_fd,
        "main_thread": _threading.main_thread().ident,
    }
)
# Channels and servers that are alive when the interpreter ends are shut down before it does.
_atexit.register(_polycall._at_exit)
_os.register_at_fork(after_in_child=_loop_module.forget_queues)
_os.register_at_fork(after_in_child=_log_module.forget_thread)
_os.register_at_fork(after_in_child=_polycall._after_fork)
