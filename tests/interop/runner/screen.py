"""What a person sees: progress, the matrix, the failures."""

import sys

from runner.outcomes import Kind, Outcome

_COLOURS = {"green": "32", "red": "31", "yellow": "33", "grey": "90", "bold": "1"}
_MARKS = {
    Kind.PASSED: ("+", "green"),
    Kind.FAILED: ("X", "red"),
    Kind.EXPECTED_FAILURE: ("e", "yellow"),
    Kind.UNEXPECTED_PASS: ("!", "red"),
    Kind.NOT_APPLICABLE: ("-", "grey"),
}

_TRANSPORTS_IN_A_ROW = 3


class Screen:
    """Writes to standard output, coloured if that is a terminal. One thread at a time."""

    def __init__(self, stream=None) -> None:
        self._stream = stream or sys.stdout
        self._terminal = self._stream.isatty()

    def paint(self, text: str, colour: str) -> str:
        return f"\033[{_COLOURS[colour]}m{text}\033[0m" if self._terminal else text

    def line(self, text: str = "") -> None:
        print(text, file=self._stream, flush=True)

    def progress(self, done: int, total: int, failed: int, name: str) -> None:
        """One line that rewrites itself on a terminal; elsewhere a line now and then."""
        text = f"[{done}/{total}] {failed} failed  {name}"
        if self._terminal:
            self._stream.write(f"\r\033[K{text[:100]}")
            self._stream.flush()
        elif done == total or done % 50 == 0:
            self.line(text)

    def progress_end(self) -> None:
        if self._terminal:
            self._stream.write("\r\033[K")

    def matrix(self, outcomes: list[Outcome]) -> None:
        """One row for each case, one column for each transport, client and server; some transports
        beside each other, the others below."""
        transports, clients, servers, cases = _axes(outcomes)
        by_key = {_key(outcome): outcome for outcome in outcomes}
        letters = dict(zip(servers, _letters(servers)))
        for first in range(0, len(transports), _TRANSPORTS_IN_A_ROW):
            self._block(transports[first:first + _TRANSPORTS_IN_A_ROW], clients, letters, cases,
                        by_key)
        legend = ", ".join(f"{letter} = {name}" for name, letter in letters.items())
        self.line(f"servers: {legend};  + passed, X failed, e expected failure, "
                  "! unexpected pass, - not applicable")

    def _block(self, transports, clients, letters, cases, by_key) -> None:
        head = max(len(case) for case in [*cases, "client"]) + 2
        lines = [self.paint("".ljust(head), "bold"), "client".ljust(head), "server".ljust(head),
                 *(case.ljust(head) for case in cases)]
        for transport in transports:
            # Not every language is there over every transport.
            present = {key[1:3] for key in by_key if key[0] == transport}
            own = [client for client in clients if any(client == pair[0] for pair in present)]
            servers = [server for server in letters if any(server == pair[1] for pair in present)]
            group = max(max(len(client) for client in own), len(servers)) + 1
            lines[0] += self.paint(transport.ljust(group * len(own) + 1), "bold")
            lines[1] += "".join(client.ljust(group) for client in own) + " "
            lines[2] += "".join(letters[server] for server in servers).ljust(group) * len(own) + " "
            for number, case in enumerate(cases, start=3):
                for client in own:
                    marks = [self._mark(by_key.get((transport, client, server, case)))
                             for server in servers]
                    lines[number] += "".join(marks) + " " * (group - len(servers))
                lines[number] += " "
        for line in lines:
            self.line(line.rstrip())

    def _mark(self, outcome: Outcome | None) -> str:
        if outcome is None:
            return " "
        mark, colour = _MARKS[outcome.kind]
        return self.paint(mark, colour)

    def not_applicable(self, outcomes: list[Outcome]) -> None:
        reasons = [outcome.message for outcome in outcomes if outcome.kind is Kind.NOT_APPLICABLE]
        for reason in dict.fromkeys(reasons):
            self.line(self.paint(f"not applicable  {reason}", "grey"))

    def failures(self, outcomes: list[Outcome], extra: list[str], verbose: bool) -> None:
        for outcome in outcomes:
            if outcome.kind is Kind.EXPECTED_FAILURE:
                self.line(self.paint(f"expected failure  {outcome.cell.name}: {outcome.message}",
                                     "yellow"))
        for outcome in outcomes:
            if outcome.kind.bad:
                self.line(self.paint(f"FAILED {outcome.cell.name}: {outcome.message}", "red")
                          + f"  rerun: {outcome.cell.rerun(extra)}")
                if verbose and outcome.output:
                    self.line("    " + outcome.output.rstrip().replace("\n", "\n    "))


def _axes(outcomes: list[Outcome]):
    cells = [outcome.cell for outcome in outcomes]
    return tuple(list(dict.fromkeys(names)) for names in (
        (cell.transport.name for cell in cells), (cell.client.name for cell in cells),
        (cell.server.name for cell in cells), (cell.case.name for cell in cells)))


def _key(outcome: Outcome):
    cell = outcome.cell
    return cell.transport.name, cell.client.name, cell.server.name, cell.case.name


def _letters(names: list[str]) -> list[str]:
    """One letter for each name, told apart by case: c, C, p."""
    letters: list[str] = []
    for name in sorted(names, key=len):
        choices = [name[0], name[0].upper(), *name, *"0123456789"]
        letters.append(next(letter for letter in choices if letter not in letters))
    by_name = dict(zip(sorted(names, key=len), letters))
    return [by_name[name] for name in names]
