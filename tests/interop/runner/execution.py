"""Running one cell: which processes, with which arguments, and what of them is a failure."""

import itertools
import os
import pathlib

from runner import batch, processes
from runner.cells import Cell
from runner.failures import explain
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

    def run_batch(self, cells: list[Cell]) -> list[Run]:
        """Runs cells of one client, server and transport, as many as can be in one process."""
        runs: list[Run] = []
        while len(runs) < len(cells):
            rest = cells[len(runs):]
            if len(rest) == 1:
                runs.append(self.run(rest[0]))
            else:
                runs += self._run_some(rest)
        return runs

    def _run_some(self, cells: list[Cell]) -> list[Run]:
        """Of the first cells, at least one: up to that in which the client died or hung."""
        cell = cells[0]
        server = None
        try:
            if cell.transport.in_process:
                host, arguments, target = self._in_process(cell)
            else:
                server = self._pool.shared(cell.server, cell.transport)
                host, arguments, target = cell.client, ["client"], server.target
            return batch.run(cells, self._command(host, arguments, target, cells),
                             self._environ(cell), self._new_log(), self._timeout, server,
                             lambda process: self._collect_stacks(host, process, server))
        except (ServerError, OSError) as error:
            return [Run(str(error), 0.0, getattr(error, "output", "")) for _ in cells]

    def _command(self, host, arguments, target, cells) -> list[str]:
        # The token is unique among all runs that may ever share a server.
        return [*host.command(self._build), *arguments, "--target", target,
                "--case", ",".join(cell.case.name for cell in cells),
                "--token", f"{os.getpid()}-{next(_numbers)}"]

    def _new_log(self) -> str:
        return str(self._folder / f"client-{next(_numbers)}.log")

    def _environ(self, cell: Cell) -> dict[str, str]:
        """The client's; in one process, with what the server's language needs beside it."""
        own = cell.client.environ(self._build)
        server = cell.server.environ(self._build) if cell.transport.in_process else {}
        return {**server, **own, **cell.transport.environ(self._folder)}

    def _in_process(self, cell: Cell):
        """Client and server in one process: host, arguments and target."""
        target = cell.transport.target(str(self._folder), next(_numbers))
        if cell.client == cell.server:
            return cell.client, ["client", "--with-server", "self"], target
        if cell.server.host:
            return cell.client, ["client", "--with-server", cell.server.host_text(self._build)], target
        if cell.server.library:
            return (cell.client,
                    ["client", "--with-server", cell.server.library_path(self._build)], target)
        return (cell.server, ["server", "--with-client", cell.client.library_path(self._build)],
                target)

    def _run_in_process(self, cell: Cell) -> tuple[str | None, str]:
        host, arguments, target = self._in_process(cell)
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
        log_path = self._new_log()
        timeout = self._timeout or cell.case.timeout
        with open(log_path, "wb") as log:
            process = processes.start(command, self._environ(cell), log)
        code = processes.wait(process, timeout)
        stacks = "" if code is not None else self._collect_stacks(host, process, server)
        processes.end(process)
        output = processes.tail(log_path)
        os.unlink(log_path)
        if server is not None:
            output += processes.section("server", server.output())
        output += stacks
        if code is None:
            return f"hung: killed after {timeout:g} s", output
        if code == expected_code:
            return None, ""
        said = processes.last_line(output.partition(processes.SECTION)[0])
        return explain(cell, code, expected_code, said, server), output

    def _collect_stacks(self, host, process, server) -> str:
        stacks = processes.section("stacks of the client", processes.native_stacks(process))
        if server is not None:
            stacks += processes.section("stacks of the server",
                                        processes.native_stacks(server.process))
        if host.abort_prints_stacks:
            processes.abort(process)
        return stacks
