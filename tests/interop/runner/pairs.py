"""What became of each pair of languages over each transport: the cells of one pair, counted."""

import collections
import dataclasses

from runner.outcomes import Kind, Outcome


@dataclasses.dataclass(frozen=True)
class Pair:
    """The outcomes of all cases between one client and one server over one transport."""

    client: str
    server: str
    transport: str
    outcomes: tuple[Outcome, ...]

    @property
    def anchor(self) -> str:
        """Its name in a link."""
        return f"{self.transport}-{self.client}-{self.server}"

    def count(self, kind: Kind) -> int:
        return sum(outcome.kind is kind for outcome in self.outcomes)

    @property
    def possible(self) -> int:
        """The cases that could pass, were everything well."""
        return len(self.outcomes) - self.count(Kind.NOT_APPLICABLE)

    @property
    def state(self) -> str:
        """"passed", "failed", "known" (some are expected to fail), "impossible" (all are), "none"
        (no case could be)."""
        if any(outcome.kind.bad for outcome in self.outcomes):
            return "failed"
        if self.possible == 0:
            return "none"
        if self.count(Kind.EXPECTED_FAILURE) == self.possible:
            return "impossible"
        return "known" if self.count(Kind.EXPECTED_FAILURE) else "passed"

    @property
    def label(self) -> str:
        """What stands in its field."""
        if self.state in ("none", "impossible"):
            return "\N{EN DASH}"
        passed = self.count(Kind.PASSED)
        return str(passed) if passed == self.possible else f"{passed}/{self.possible}"

    def remarks(self) -> list[str]:
        """One line for each reason that not all passed, with the cases that it is of."""
        by_reason: dict[tuple[Kind, str], list[str]] = collections.defaultdict(list)
        for outcome in self.outcomes:
            if outcome.kind is not Kind.PASSED:
                by_reason[outcome.kind, outcome.message].append(outcome.cell.case.name)
        return [f"{kind.value}: {_names(cases)}: {message}"
                for (kind, message), cases in by_reason.items()]

    def summary(self) -> str:
        """One line."""
        text = (f"{self.client} \N{RIGHTWARDS ARROW} {self.server} over {self.transport}: "
                f"{self.count(Kind.PASSED)} of {self.possible} cases passed")
        known = self.count(Kind.EXPECTED_FAILURE)
        return text + (f", {known} known to fail" if known else "")


def _names(cases: list[str]) -> str:
    return ", ".join(cases) if len(cases) <= 6 else f"{', '.join(cases[:5])} and {len(cases) - 5} more"


def pairs_of(outcomes: list[Outcome]) -> dict[tuple[str, str, str], Pair]:
    """By transport, client and server, in the order of the outcomes."""
    groups: dict[tuple[str, str, str], list[Outcome]] = collections.defaultdict(list)
    for outcome in outcomes:
        cell = outcome.cell
        groups[cell.transport.name, cell.client.name, cell.server.name].append(outcome)
    return {(transport, client, server): Pair(client, server, transport, tuple(group))
            for (transport, client, server), group in groups.items()}
