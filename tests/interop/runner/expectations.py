"""Lists of expected failures: expected_failures/<language>.txt, one line each:

    client cpp/tcp/rpc_soak: why it fails
    server */inproc/large_unary: why it fails

The first word is the side that the file's language is on, the second is peer/transport/case, each
of which may be `*`. A cell that an entry matches has to fail: one that passes is a failure of its
own, so that no entry outlives its reason.
"""

import dataclasses
import pathlib
import re

from runner.cells import Cell

_LINE = re.compile(r"(client|server)\s+([\w*]+)/([\w*]+)/([\w*]+)\s*:\s*(\S.*)")


class ExpectationError(Exception):
    """A list that cannot be read; the text says which line and why."""


@dataclasses.dataclass(frozen=True)
class Expectation:
    language: str
    side: str
    peer: str
    transport: str
    case: str
    reason: str
    where: str  # file:line

    def matches(self, cell: Cell) -> bool:
        own, peer = (cell.client.name, cell.server.name)
        if self.side == "server":
            own, peer = peer, own
        return (own == self.language and self.peer in ("*", peer)
                and self.transport in ("*", cell.transport.name)
                and self.case in ("*", cell.case.name))


def load(folder: pathlib.Path, cells: list[Cell]) -> list[Expectation]:
    """Reads all lists. `cells` are all that exist: an entry that matches none of them is an
    error."""
    expectations = []
    for path in sorted(folder.glob("*.txt")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if line.strip() and not line.lstrip().startswith("#"):
                expectations.append(_parse(path, number, line.strip()))
    for expectation in expectations:
        if not any(expectation.matches(cell) for cell in cells):
            raise ExpectationError(f"{expectation.where}: matches no client, server, transport and "
                                   "case that exist; correct the names or remove the line")
    return expectations


def _parse(path: pathlib.Path, number: int, line: str) -> Expectation:
    match = _LINE.fullmatch(line)
    if not match:
        raise ExpectationError(f"{path}:{number}: expected 'client|server "
                               f"language/transport/case: reason', found '{line}'")
    side, peer, transport, case, reason = match.groups()
    return Expectation(path.stem, side, peer, transport, case, reason, f"{path}:{number}")


def find(expectations: list[Expectation], cell: Cell) -> Expectation | None:
    return next((each for each in expectations if each.matches(cell)), None)
