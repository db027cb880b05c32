"""Interceptors: what sees every call of a channel or a server."""

from __future__ import annotations

from typing import Any, Optional

from polycall._metadata import Metadata
from polycall._polycall import InterceptedCall
from polycall._status import Status


class Interceptor:
    """Sees the calls of a channel or server that was given it, in the order of the list.

    The functions run on the thread that makes the event, an asyncio loop's not excepted, and should
    be short. `call` is one object for the length of the call: it has `service`, `method`, `kind`,
    `transport`, `peer`, `identity` (a server's) and `time_left()`, and an interceptor may keep attributes of its own on it.
    """

    def started(self, call: InterceptedCall, metadata: Metadata) -> None:
        """A call starts. A caller's interceptor may `metadata.add(...)` to what will be sent, a
        server's reads what was received. Raising a StatusError ends the call with it."""

    def message(self, call: InterceptedCall, message: Any, sent: bool) -> None:
        """A message was taken from (`sent`) or is about to be given to the user's code. It is
        bytes, or the message itself where it was passed within the process. It is not to be
        changed."""

    def finished(self, call: InterceptedCall, status: Status) -> Optional[Status]:
        """The call ended: its last event. Another status may be returned in its place."""
        return None
