"""Running one cell: which processes, with which arguments, and what of them is a failure."""

import itertools
import os
import pathlib

from runner import processes
from runner.cells import Cell
from runner.outcomes import Run
from runner.servers import Server, ServerError, ServerPool

_SERVER_EXIT_TIMEOUT = 20.0
_numbers = itertools.count(1)


class Executor:
    """Runs cells. Any thread may call it."""

    def __init__(self, build: pathlib.Path, folder: pathlib.Path, pool: ServerPool,
                 timeout: float | None) -> None:
        self._build = build
        self._folder = folder
        self._pool = pool
        self._timeout = timeout  # overrides the cases' own

    def run(self, cell: Cell) -> Run:
        stopwatch = processes.Stopwatch()
        try:
            if cell.transport.in_process:
                failure, output = self._run_in_process(cell)
            else:
                failure, output = self._run_with_server(cell)
        except (ServerError, OSError) as error:
            failure, output = str(error), getattr(error, "output", "")
        return Run(failure, stopwatch.seconds(), output)

    def _run_in_process(self, cell: Cell) -> tuple[str | None, str]:
        """Client and server in one process: the one that can be loaded goes into the other's."""
        target = cell.transport.target(str(self._folder), next(_numbers))
        if cell.client == cell.server:
            host, arguments = cell.client, ["client", "--with-server", "self"]
        elif cell.server.library:
            host = cell.client
            arguments = ["client", "--with-server", cell.server.library_path(self._build)]
        else:
            host = cell.server
            arguments = ["server", "--with-client", cell.client.library_path(self._build)]
        return self._run_steps(cell, host, arguments, target, None)

    def _run_with_server(self, cell: Cell) -> tuple[str | None, str]:
        if not cell.case.own_server:
            server = self._pool.shared(cell.server, cell.transport)
            return self._run_steps(cell, cell.client, ["client"], server.target, server)
        server = self._pool.new(cell.server, cell.transport)
        try:
            failure, output = self._run_steps(cell, cell.client, ["client"], server.target, server)
            if failure is None:
                failure = self._end_own_server(cell, server)
                output = server.output() if failure else ""
            return failure, output
        finally:
            server.kill()

    def _end_own_server(self, cell: Cell, server: Server) -> str | None:
        expected = cell.case.server_exit_code
        if expected is None:
            return server.stop()
        code = server.wait(_SERVER_EXIT_TIMEOUT)
        if code is None:
            return f"the server should have ended but still ran {_SERVER_EXIT_TIMEOUT:.0f} s later"
        if code != expected:
            return (f"the server ended with {processes.explain_exit(code)}, expected exit code "
                    f"{expected}")
        return None

    def _run_steps(self, cell: Cell, host, arguments, target, server) -> tuple[str | None, str]:
        # Unique among all runs that may ever share a server.
        token = f"{os.getpid()}-{next(_numbers)}"
        for step in cell.case.all_steps():
            command = [*host.command(self._build), *arguments, "--target", target,
                       "--case", step.name, "--token", token]
            failure, output = self._run_step(cell, host, command, step.exit_code, server)
            if failure is not None:
                return failure, output
        return None, ""

    def _run_step(self, cell, host, command, expected_code, server) -> tuple[str | None, str]:
        log_path = str(self._folder / f"client-{next(_numbers)}.log")
        timeout = self._timeout or cell.case.timeout
        with open(log_path, "wb") as log:
            process = processes.start(command, host.environ(self._build), log)
        code = processes.wait(process, timeout)
        stacks = "" if code is not None else self._collect_stacks(host, process, server)
        processes.end(process)
        output = processes.tail(log_path)
        os.unlink(log_path)
        if server is not None:
            output += _section("server", server.output())
        output += stacks
        if code is None:
            return f"hung: killed after {timeout:g} s", output
        if code == expected_code:
            return None, ""
        return _explain(cell, code, expected_code, output.partition(_MARK)[0], server), output

    def _collect_stacks(self, host, process, server) -> str:
        stacks = _section("stacks of the client", processes.native_stacks(process))
        if server is not None:
            stacks += _section("stacks of the server", processes.native_stacks(server.process))
        if host.abort_prints_stacks:
            processes.abort(process)
        return stacks


_MARK = "\n--- "


def _section(title: str, text: str) -> str:
    return f"{_MARK}{title}\n{text}" if text.strip() else ""


def _explain(cell: Cell, code: int, expected_code: int, client_output: str, server) -> str:
    """One line: what the client said, and whether the server died."""
    said = processes.last_line(client_output)
    if code == 1 and expected_code == 0 and said:
        line = said
    else:
        line = f"the client ended with {processes.explain_exit(code)}"
        if expected_code:
            line += f", expected exit code {expected_code}"
        if said:
            line += f": {said}"
    if server is not None and server.died() is not None and cell.case.server_exit_code is None:
        line += f"; the server died: {processes.explain_exit(server.died())}"
    return line
