"""Several cases in one run of a client, which prints a line `case NAME passed|failed|unknown` after
each."""

import os
import time

from runner import processes
from runner.cells import Cell
from runner.failures import explain
from runner.outcomes import Run

# The first case has the start of the client's language on its time.
_START_PATIENCE = 20.0
_END_PATIENCE = 20.0
_LOOK_EVERY = 0.02
# Exit codes by the words of the result lines.
_CODES = {"passed": 0, "failed": 1, "unknown": 3}


class _Log:
    """A client's output, read while it grows."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._offset = 0
        self._rest = ""
        self._lines: list[str] = []  # since the last result

    def results(self):
        """The results that are new: word and output of each."""
        with open(self._path, "rb") as file:
            file.seek(self._offset)
            data = file.read()
        self._offset += len(data)
        *lines, self._rest = (self._rest + data.decode("utf-8", "replace")).split("\n")
        found = []
        for line in lines:
            words = line.split()
            if len(words) == 3 and words[0] == "case" and words[2] in _CODES:
                found.append((words[1], words[2], "\n".join(self._lines)[-4000:]))
                self._lines = []
            else:
                self._lines.append(line)
        return found

    def unfinished(self) -> str:
        """What was said after the last result."""
        return "\n".join([*self._lines, self._rest])[-4000:]


def run(cells: list[Cell], command: list[str], environ: dict[str, str], log_path: str,
        timeout: float | None, server, collect_stacks) -> list[Run]:
    """The runs of the first cells, at least one. `timeout` overrides the cases' own;
    `collect_stacks` gives the stacks of a hung client."""
    with open(log_path, "wb") as output:
        process = processes.start(command, environ, output)
    log = _Log(log_path)
    runs: list[Run] = []
    try:
        _follow(cells, process, log, timeout, server, collect_stacks, runs)
    finally:
        processes.end(process)
        os.unlink(log_path)
    return runs


def _follow(cells, process, log, timeout, server, collect_stacks, runs) -> None:
    began = time.monotonic()
    patience = _START_PATIENCE
    while True:
        ended = process.poll()  # before the look at the log, so that nothing is missed
        for name, word, said in log.results():
            cell = cells[len(runs)] if len(runs) < len(cells) else None
            if cell is None:
                break
            if name != cell.case.name:
                _add_protocol_failure(runs, cells, name)
                return
            now = time.monotonic()
            runs.append(_judged(cell, _CODES[word], said, now - began, server))
            began, patience = now, 0.0
            if word != "passed" and server is not None and server.died() is not None:
                return  # the rest gets a new server
        if len(runs) == len(cells):
            if processes.wait(process, _END_PATIENCE) != 0:
                runs[-1] = _bad_end(cells[-1], process, log, runs[-1], collect_stacks)
            return
        cell = cells[len(runs)]
        if ended is not None:
            said = log.unfinished()
            if ended == 0:
                said += "\nthe client ended well, but before the case's result"
            failure = _judged(cell, ended or 1, said, time.monotonic() - began, server)
            # It ended on purpose before the first case: it will not do better for the others.
            hopeless = not runs and ended > 0
            runs += [failure] * (len(cells) if hopeless else 1)
            return
        bound = timeout or cell.case.timeout
        if time.monotonic() - began > bound + patience:
            stacks = collect_stacks(process)
            output = log.unfinished() + stacks
            runs.append(Run(f"hung: killed after {bound:g} s", time.monotonic() - began, output))
            return
        time.sleep(_LOOK_EVERY)


def _judged(cell: Cell, code: int, said: str, seconds: float, server) -> Run:
    if code == 0:
        return Run(None, seconds)
    output = said
    if server is not None:
        output += processes.section("server", server.output())
    return Run(explain(cell, code, 0, processes.last_line(said), server), seconds, output)


def _bad_end(cell: Cell, process, log: _Log, last: Run, collect_stacks) -> Run:
    """The last case's run, of a client that did not end well after it."""
    if process.poll() is None:
        stacks = collect_stacks(process)
        return Run(f"the client did not end within {_END_PATIENCE:.0f} s after its last case",
                   last.seconds, log.unfinished() + stacks)
    failure = f"after its last case the client ended with {processes.explain_exit(process.poll())}"
    said = log.unfinished()
    return Run(": ".join(filter(None, [failure, processes.last_line(said)])), last.seconds, said)


def _add_protocol_failure(runs: list[Run], cells: list[Cell], name: str) -> None:
    failure = f"the client reported a case '{name}' that it was not to run now"
    runs += [Run(failure)] * max(1, len(cells) - len(runs))
