"""The Python server: starts, and shuts down on a thread of its own, since no handler may do that.

One at a time in a process."""

import threading

import polycall

import settings
from polycall_test_service import PolyCallTest
from test_service import Test


class _Testee:
    """A server and the thread that ends it. Any thread may call it."""

    def __init__(self, target: str) -> None:
        self._changed = threading.Condition()
        self._grace: float | None = None  # guarded by _changed: set when a shutdown is wanted
        self._shut_down = False  # guarded by _changed
        self._server = settings.new_server()
        self._server.add(Test())
        self._server.add(PolyCallTest(self.request_shutdown))
        self.address = self._server.listen(target)
        self._server.start()
        threading.Thread(target=self._keep, daemon=True).start()

    def request_shutdown(self, grace: float) -> None:
        with self._changed:
            if self._grace is None:
                self._grace = grace
            self._changed.notify_all()

    def _keep(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._grace is not None)
        self._server.shutdown(grace=self._grace)
        with self._changed:
            self._shut_down = True
            self._changed.notify_all()

    def wait(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._shut_down)


_testee: _Testee | None = None


def serve(target: str) -> str:
    """Starts a server; returns the target that callers use."""
    global _testee
    _testee = _Testee(target)
    return _testee.address


def wait() -> None:
    """Waits until the server has shut down, by `stop` or because a caller asked for it."""
    _testee.wait()


def stop() -> None:
    """Shuts the server down. A second call waits for the first."""
    _testee.request_shutdown(2.0)
    _testee.wait()
