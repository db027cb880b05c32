"""Servers: one for each (language, transport) that cases share, and new ones for cases that end
them."""

import itertools
import pathlib
import selectors
import subprocess
import threading

from runner import processes
from runner.languages import Language
from runner.transports import Transport

_START_TIMEOUT = 30.0
_STOP_TIMEOUT = 10.0
_numbers = itertools.count(1)


class ServerError(Exception):
    """A server that did not start; the text says why, `output` what it printed."""

    def __init__(self, message: str, output: str = "") -> None:
        super().__init__(message)
        self.output = output


class Server:
    """One process of a server. Its methods are for one thread at a time, except `target` and
    `died`."""

    def __init__(self, language: Language, transport: Transport, build: pathlib.Path,
                 folder: pathlib.Path) -> None:
        self.language = language
        number = next(_numbers)
        self._log = str(folder / f"server-{number}-{language.name}-{transport.name}.log")
        command = [*language.command(build), "server",
                   "--target", transport.target(str(folder), number)]
        with open(self._log, "wb") as log:
            environ = {**language.environ(build), **transport.environ(folder)}
            self.process = processes.start(command, environ, log,
                                           stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            self.target = transport.callers_target(self._read_target())
        except ServerError:
            self.kill()
            raise

    def _read_target(self) -> str:
        """The server says `listening <target>` once it can be called."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            stopwatch = processes.Stopwatch()
            while stopwatch.seconds() < _START_TIMEOUT:
                if not selector.select(timeout=1.0):
                    continue
                line = self.process.stdout.readline().decode("utf-8", "replace").strip()
                if line.startswith("listening "):
                    return line.removeprefix("listening ")
                if not line:
                    code = self.process.wait()
                    said = processes.last_line(self.output())
                    raise ServerError(f"the {self.language.name} server did not start: "
                                      f"{processes.explain_exit(code)}: {said}", self.output())
        raise ServerError(f"the {self.language.name} server did not say 'listening' within "
                          f"{_START_TIMEOUT:.0f} s", self.output())

    def output(self) -> str:
        return processes.tail(self._log)

    def died(self) -> int | None:
        """The exit code, if the process has ended."""
        return self.process.poll()

    def wait(self, timeout: float) -> int | None:
        return processes.wait(self.process, timeout)

    def stop(self) -> str | None:
        """Ends the server in the polite way: closes its input. Returns what was wrong with its
        end, in one line; `output` may tell more."""
        if self.process.poll() is None:
            self.process.stdin.close()
            if self.wait(_STOP_TIMEOUT) is None:
                self._add_to_output(processes.native_stacks(self.process))
                self.kill()
                return f"the server did not stop within {_STOP_TIMEOUT:.0f} s"
        self.kill()
        code = self.process.returncode
        return None if code == 0 else f"the server ended with {processes.explain_exit(code)}"

    def _add_to_output(self, text: str) -> None:
        with open(self._log, "a", encoding="utf-8") as log:
            log.write(text)

    def kill(self) -> None:
        """Ends the process, if it still runs, and this side of its pipes."""
        processes.end(self.process)
        self.process.stdin.close()
        self.process.stdout.close()


class ServerPool:
    """The shared servers. Any thread may call it."""

    def __init__(self, build: pathlib.Path, folder: pathlib.Path) -> None:
        self._build = build
        self._folder = folder
        self._lock = threading.Lock()
        self._servers: dict[tuple[str, str], Server] = {}  # guarded by _lock
        self._broken: dict[tuple[str, str], ServerError] = {}  # guarded by _lock

    def shared(self, language: Language, transport: Transport) -> Server:
        """The running server for the pair; a new one if the last has died."""
        with self._lock:
            key = (language.name, transport.name)
            if key in self._broken:  # one that cannot start is not tried for every cell
                raise self._broken[key]
            server = self._servers.get(key)
            if server is None or server.died() is not None:
                if server is not None:
                    server.kill()
                try:
                    server = self.new(language, transport)
                except ServerError as error:
                    self._broken[key] = error
                    raise
                self._servers[key] = server
            return server

    def new(self, language: Language, transport: Transport) -> Server:
        return Server(language, transport, self._build, self._folder)

    def stop(self) -> list[str]:
        """Stops all; returns a text for each that did not end well."""
        with self._lock:
            servers, self._servers = self._servers, {}
        return [f"{language} on {transport}: {problem}\n{server.output()}"
                for (language, transport), server in servers.items()
                if (problem := server.stop()) is not None]
