"""Statuses: the canonical codes, and the exceptions that carry them."""

from __future__ import annotations

import enum
from typing import NamedTuple, Optional

from polycall._metadata import Metadata


class StatusCode(enum.IntEnum):
    """gRPC's canonical codes. Each is defined by what the caller may do."""

    OK = 0
    #: The caller cancelled; do not retry.
    CANCELLED = 1
    #: The handler failed without saying how; do not retry.
    UNKNOWN = 2
    #: Wrong whatever the state; do not retry.
    INVALID_ARGUMENT = 3
    #: May have taken effect; retry only if idempotent.
    DEADLINE_EXCEEDED = 4
    #: Do not retry.
    NOT_FOUND = 5
    #: Do not retry.
    ALREADY_EXISTS = 6
    #: Do not retry.
    PERMISSION_DENIED = 7
    #: A limit was met; retry later, or with less.
    RESOURCE_EXHAUSTED = 8
    #: Retry after the state was mended.
    FAILED_PRECONDITION = 9
    #: A conflict; retry higher up (the whole transaction).
    ABORTED = 10
    #: Do not retry.
    OUT_OF_RANGE = 11
    #: No such service or method; do not retry.
    UNIMPLEMENTED = 12
    #: An invariant broke; do not retry.
    INTERNAL = 13
    #: The peer is not there now; retry the call, with back-off.
    UNAVAILABLE = 14
    #: Do not retry.
    DATA_LOSS = 15
    #: Retry with credentials.
    UNAUTHENTICATED = 16


class Status(NamedTuple):
    """The outcome of a call. `details` is a serialized google.rpc.Status, or empty."""

    code: StatusCode
    message: str = ""
    details: bytes = b""


class StatusError(Exception):
    """A call ended with another status than OK; raised in a handler, it ends the call so.

    `code`, `message` and `details` (a serialized google.rpc.Status, or empty) are the status.
    `initial_metadata` and `trailing_metadata` are what the handler sent, where known: always for
    streams, for unary calls only if the caller passed `info`.

    Calls raise the subclass of their code: NotFoundError, UnavailableError and so on. A handler may
    raise either form: `StatusError(StatusCode.NOT_FOUND, "no x")` or `NotFoundError("no x")`.
    """

    def __init__(self, code: int, message: str = "", details: bytes = b""):
        super().__init__(code, message, details)
        self.code = _to_code(code)
        self.message = message
        self.details = details
        self.initial_metadata = Metadata()
        self.trailing_metadata = Metadata()

    def __str__(self) -> str:
        return f"{self.code.name}: {self.message}" if self.message else self.code.name

    @property
    def status(self) -> Status:
        """Code, message and details as one value."""
        return Status(self.code, self.message, self.details)


class _CodeError(StatusError):
    """A StatusError whose class says the code."""

    _code = StatusCode.UNKNOWN

    def __init__(self, message: str = "", details: bytes = b""):
        super().__init__(self._code, message, details)
        self.args = (message, details)


class CancelledError(_CodeError):
    """The caller cancelled."""

    _code = StatusCode.CANCELLED


class UnknownError(_CodeError):
    """The handler failed without saying how."""

    _code = StatusCode.UNKNOWN


class InvalidArgumentError(_CodeError):
    """The request is wrong whatever the state."""

    _code = StatusCode.INVALID_ARGUMENT


class DeadlineExceededError(_CodeError):
    """The deadline passed; the call may have taken effect."""

    _code = StatusCode.DEADLINE_EXCEEDED


class NotFoundError(_CodeError):
    """Something that the request names does not exist."""

    _code = StatusCode.NOT_FOUND


class AlreadyExistsError(_CodeError):
    """Something that was to be made exists."""

    _code = StatusCode.ALREADY_EXISTS


class PermissionDeniedError(_CodeError):
    """The caller may not do this."""

    _code = StatusCode.PERMISSION_DENIED


class ResourceExhaustedError(_CodeError):
    """A limit was met; the message names it."""

    _code = StatusCode.RESOURCE_EXHAUSTED


class FailedPreconditionError(_CodeError):
    """The state does not allow this now."""

    _code = StatusCode.FAILED_PRECONDITION


class AbortedError(_CodeError):
    """A conflict; the whole transaction may be retried."""

    _code = StatusCode.ABORTED


class OutOfRangeError(_CodeError):
    """Past the end of what there is."""

    _code = StatusCode.OUT_OF_RANGE


class UnimplementedError(_CodeError):
    """No such service or method."""

    _code = StatusCode.UNIMPLEMENTED


class InternalError(_CodeError):
    """An invariant broke."""

    _code = StatusCode.INTERNAL


class UnavailableError(_CodeError):
    """The peer is not there now; the call may be retried, with back-off."""

    _code = StatusCode.UNAVAILABLE


class DataLossError(_CodeError):
    """Data is lost or damaged."""

    _code = StatusCode.DATA_LOSS


class UnauthenticatedError(_CodeError):
    """The caller did not say who it is."""

    _code = StatusCode.UNAUTHENTICATED


_CLASSES = {error._code: error for error in _CodeError.__subclasses__()}


def _to_code(number: int) -> StatusCode:
    """The code of a number; UNKNOWN for one that is none, as every peer reads it."""
    try:
        return StatusCode(number)
    except ValueError:
        return StatusCode.UNKNOWN


def make_status(code: int, message: str, details: bytes) -> Status:
    return Status(_to_code(code), message, details)


def make_status_error(
    code: int,
    message: str,
    details: bytes,
    initial_metadata: Optional[Metadata],
    trailing_metadata: Optional[Metadata],
) -> StatusError:
    code_class = _CLASSES.get(code)
    error = code_class(message, details) if code_class else StatusError(code, message, details)
    if initial_metadata is not None:
        error.initial_metadata = initial_metadata
    if trailing_metadata is not None:
        error.trailing_metadata = trailing_metadata
    return error
