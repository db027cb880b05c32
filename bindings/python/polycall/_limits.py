"""Limits, as channels and servers take them: keyword arguments by the names of polycall_limits."""

from __future__ import annotations

from typing import Any, Dict

_SIZES = frozenset(
    (
        "max_message_size",
        "max_metadata_size",
        "max_calls_per_connection",
        "max_connections",
        "call_window",
        "connection_window",
        "max_pending_calls",
    )
)
_TIMES = frozenset(("handshake_timeout", "idle_timeout", "keepalive_interval", "keepalive_timeout"))


def split_limits(owner: str, values: Dict[str, Any]) -> Dict[str, int]:
    """Limits in the native module's units (bytes, numbers, nanoseconds). TypeError for a name that
    is none."""
    limits = {}
    for name, value in values.items():
        if name not in _SIZES and name not in _TIMES:
            known = ", ".join(sorted(_SIZES | _TIMES))
            raise TypeError(f"{owner} has no option {name!r}; its limits are {known}")
        if value is not None:
            limits[name] = int(value * 1e9) if name in _TIMES else int(value)
    return limits
