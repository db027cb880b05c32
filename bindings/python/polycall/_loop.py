"""The bridge between the runtime's threads and asyncio loops."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import weakref
from typing import Optional

from polycall import _polycall

_queues: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
_recent = threading.local()


def queue_of(loop: asyncio.AbstractEventLoop) -> _polycall.LoopQueue:
    """The queue by which the runtime's events reach `loop`; called on the loop's thread."""
    # A loop asks for its queue with every call, so the last answer is kept beside the table.
    known = getattr(_recent, "pair", None)
    if known is not None and known[0]() is loop:
        return known[1]
    queue = _queues.get(loop)
    if queue is None:
        queue = _polycall.LoopQueue()
        # In an empty context: what the first caller happens to have set is not everybody's.
        contextvars.Context().run(loop.add_reader, queue.fileno(), queue.drain)
        _queues[loop] = queue
    _recent.pair = (weakref.ref(loop), queue)
    return queue


def forget_queues() -> None:
    """After fork(), in the child: the queues' descriptors are the parent's too."""
    _queues.clear()
    _recent.__dict__.clear()


class LoopThread:
    """A loop on a daemon thread of its own, for asynchronous handlers of a blocking program."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.queue: Optional[_polycall.LoopQueue] = None
        started = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(started,), name="polycall-loop", daemon=True
        )
        self._thread.start()
        started.wait()

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self.loop)
        self.queue = queue_of(self.loop)
        started.set()
        try:
            self.loop.run_forever()
            pending = asyncio.all_tasks(self.loop)
            for task in pending:
                task.cancel()
            if pending:
                self.loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        finally:
            self.loop.close()

    def stop(self) -> None:
        """Cancels the loop's tasks and ends its thread. Not from the loop's thread."""
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join(5)
