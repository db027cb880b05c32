"""The process that polycalld forks a service's instances from: `host: {fork_server: true}`.

    python3 -m polycall._fork_server MODULE GRACE_SECONDS [IDENTITY...]

One program, three kinds of processes: the first only waits for the others (in a sandbox it is process 1,
whose end would be theirs); the forker has imported the service's module and started nothing; the others
are the instances. Descriptor 3 is the forker's to polycalld; runtime/scheduler/instance/forker.h has what
they say to each other. When polycalld's end is closed the forker goes, and its instances stay.
"""

from __future__ import annotations

import fcntl
import gc
import os
import select
import signal
import socket
import sys
import time
import traceback
from typing import Dict, List, NoReturn, Sequence

import polycall
from polycall import _host

_CONTROL, _FIRST_FREE = 3, 16
# How long an ended instance stays to be looked at: polycalld reads there how it ended.
_SHOWN_S = 0.3
_LARGEST, _MOST_FDS = 4096, 16


def _moved_away(fd: int) -> int:
    """The same descriptor with a number above those that an instance has to have."""
    high = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE)
    os.close(fd)
    return high


def _explain(error: BaseException) -> str:
    text = "".join(traceback.format_exception_only(type(error), error)).strip()
    return _host._located(error, text)


def _send_failure(to: socket.socket, text: str) -> None:
    to.send(("failed " + text).encode("utf-8", "replace")[:_LARGEST])


def _wait_for_all() -> NoReturn:
    """The first process: until none is left."""
    while True:
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
            time.sleep(_SHOWN_S)
            os.wait()
        except ChildProcessError:
            os._exit(0)


class Forker:
    """Serves polycalld's requests, one instance each."""

    def __init__(self, control: socket.socket, module: str, grace: float, allowed: Sequence[str]):
        self._control = control
        self._module = module
        self._grace = grace
        self._allowed = allowed
        self._ended: Dict[int, float] = {}  # when each was seen to have ended; 0: it runs

    def run(self) -> NoReturn:
        try:
            _host._import(self._module)
        except BaseException as error:  # a module may even exit
            traceback.print_exc()
            _send_failure(self._control, _explain(error))
            os._exit(1)
        # What is here now is shared with the instances as long as nobody writes to it.
        gc.collect()
        gc.freeze()
        self._control.send(b"ready")
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        while True:
            if poll.poll(int(_SHOWN_S * 1000) if self._ended else None):
                request, fds, _, _ = socket.recv_fds(self._control, _LARGEST, _MOST_FDS)
                if not request:
                    os._exit(0)
                self._fork(request.decode(), fds)
            self._reap()

    def _reap(self) -> None:
        now = time.monotonic()
        for pid, seen in list(self._ended.items()):
            if not seen and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                self._ended[pid] = now
            elif seen and now - seen >= _SHOWN_S:
                os.waitpid(pid, 0)
                del self._ended[pid]

    def _fork(self, instance: str, fds: List[int]) -> None:
        try:
            pid = os.fork()
        except OSError as error:
            _send_failure(socket.socket(fileno=fds[0]), f"cannot fork: {error.strerror}")
            fds = fds[1:]
        else:
            if pid == 0:
                self._become(instance, fds)
            self._ended[pid] = 0.0
        for fd in fds:
            os.close(fd)

    def _become(self, instance: str, fds: List[int]) -> NoReturn:
        """The new process: into its control groups, its descriptors in place, then it serves."""
        code = 1
        try:
            self._control.close()
            talk = socket.socket(fileno=_moved_away(fds[0]))
            try:
                for group in fds[4:]:
                    os.write(group, b"0")
                    os.close(group)
                self._place(fds[1:4])
            except OSError as error:
                _send_failure(talk, f"cannot enter its place: {error.strerror}")
                os._exit(1)
            talk.send(b"here")
            # polycalld holds this process by its descriptor from now on; or it has gone.
            if talk.recv(16) == b"go":
                talk.close()
                self._serve(instance)
                code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    @staticmethod
    def _place(fds: List[int]) -> None:
        """The instance's socket and the front door are 3 and 4, as everywhere; the log 1 and 2."""
        high = [_moved_away(fd) for fd in fds]
        for fd, places in zip(high, ((3,), (4,), (1, 2))):
            for place in places:
                os.dup2(fd, place)
            os.close(fd)

    def _serve(self, instance: str) -> None:
        os.environ["POLYCALL_INSTANCE"] = instance
        os.environ["POLYCALL_LISTEN"] = "fd:3 fd:4"
        asked_read, asked_write = os.pipe()

        def on_signal(number: int, _: object) -> None:
            os.write(asked_write, b"!")
            signal.signal(number, signal.SIG_DFL)  # a second one ends it at once

        module = _host._import(self._module)  # imported already
        server = polycall.Server(name=instance, shutdown_grace=self._grace)
        module.register(server)
        if self._allowed:
            server.allow("", self._allowed)
        for target in ("fd:3", "fd:4"):
            server.listen(target)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, on_signal)
        server.start()
        os.read(asked_read, 1)
        server.close()
        _host.at_exit()


def main(arguments: Sequence[str]) -> NoReturn:
    control = socket.socket(fileno=_moved_away(_CONTROL))
    if os.fork() != 0:
        control.close()
        _wait_for_all()
    Forker(control, arguments[0], float(arguments[1]), arguments[2:]).run()


if __name__ == "__main__":
    main(sys.argv[1:])
