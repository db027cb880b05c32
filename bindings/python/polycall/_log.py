"""Where the runtime's log lines go."""

from __future__ import annotations

import enum
import logging
import threading
from typing import Callable, Optional

from polycall import _polycall


class LogLevel(enum.IntEnum):
    """How grave a line is; NONE is above all lines."""

    DEBUG = 0
    INFO = 1
    WARNING = 2
    ERROR = 3
    NONE = 4


Sink = Callable[[LogLevel, str], None]

_sink: Optional[Sink] = None
_thread: Optional[threading.Thread] = None
_lock = threading.Lock()


def set_log(level: LogLevel, sink: Optional[Sink] = None) -> None:
    """Sends the runtime's log lines of at least `level` to `sink`, or without one to standard error; for
    the whole process. At start the level is WARNING, or what the environment's POLYCALL_LOG says.

    `sink` is called with level and text, one line after the other, on a thread of its own. While it is
    slow at most 1,024 lines wait; it is told how many were lost. What it raises goes to the logger
    `polycall`. In a child made by fork() lines go to standard error until set_log() is called there.
    """
    global _sink, _thread
    level = LogLevel(level)
    with _lock:
        _sink = sink
        _polycall._log_set(level, sink is not None)
        if sink is not None and _thread is None:
            _thread = threading.Thread(target=_deliver, name="polycall-log", daemon=True)
            _thread.start()


def _deliver() -> None:
    while True:
        level, text = _polycall._log_next()
        sink = _sink
        if sink is None:
            continue
        try:
            sink(LogLevel(level), text)
        except Exception:  # whatever it is, the next line is to come
            logging.getLogger("polycall").exception("the log's sink failed at: %s", text)


def forget_thread() -> None:
    """In a forked child, which has none of the parent's threads."""
    global _sink, _thread, _lock
    _sink, _thread, _lock = None, None, threading.Lock()
