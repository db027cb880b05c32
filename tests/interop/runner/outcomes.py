"""What became of a cell."""

import dataclasses
import enum

from runner.cells import Cell
from runner.expectations import Expectation


class Kind(enum.Enum):
    PASSED = "passed"
    FAILED = "failed"
    EXPECTED_FAILURE = "expected failure"
    UNEXPECTED_PASS = "unexpected pass"
    NOT_APPLICABLE = "not applicable"

    @property
    def good(self) -> bool:
        return self in (Kind.PASSED, Kind.EXPECTED_FAILURE)

    @property
    def bad(self) -> bool:
        return self in (Kind.FAILED, Kind.UNEXPECTED_PASS)


@dataclasses.dataclass(frozen=True)
class Run:
    """What the cell's processes did: `failure` is None if all went well, else one line."""

    failure: str | None
    seconds: float = 0.0
    output: str = ""  # of the client, then of the server, as far as it explains a failure


@dataclasses.dataclass(frozen=True)
class Outcome:
    cell: Cell
    kind: Kind
    message: str = ""
    seconds: float = 0.0
    output: str = ""


def judge(cell: Cell, run: Run, expectation: Expectation | None) -> Outcome:
    """Turns what happened into a verdict, given what was expected."""
    if expectation is None:
        kind = Kind.PASSED if run.failure is None else Kind.FAILED
        return Outcome(cell, kind, run.failure or "", run.seconds, run.output)
    if run.failure is None:
        message = f"passed, but {expectation.where} expects a failure: remove that line"
        return Outcome(cell, Kind.UNEXPECTED_PASS, message, run.seconds)
    return Outcome(cell, Kind.EXPECTED_FAILURE, expectation.reason, run.seconds, run.output)
