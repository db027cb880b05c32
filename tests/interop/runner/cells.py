"""What there is to run: every client x server x transport x case, and which of it cannot be."""

import dataclasses
import itertools

from runner.cases import Case
from runner.languages import Language
from runner.transports import Transport


@dataclasses.dataclass(frozen=True)
class Cell:
    client: Language
    server: Language
    transport: Transport
    case: Case

    @property
    def name(self) -> str:
        return f"{self.client.name} -> {self.server.name} {self.transport.name}/{self.case.name}"

    def why_not(self) -> str | None:
        """Why this cell cannot be, or None."""
        reason = self.case.not_over.get(self.transport.name)
        if reason:
            return f"{self.case.name} is not possible over {self.transport.name}: {reason}"
        if self.transport.in_process and self.client == self.server and self.case.not_native:
            return (f"{self.case.name} is not possible over {self.transport.name} within one "
                    f"language: {self.case.not_native}")
        loadable = (self.client == self.server or self.server.host or self.server.library
                    or self.client.library)
        if self.transport.in_process and not loadable:
            return (f"{self.transport.name}: neither {self.client.name} nor {self.server.name} can "
                    "be loaded into the other's process")
        return None

    @property
    def shares_its_process(self) -> bool:
        """Whether other cases may run in the same process of the client's, before and after."""
        return not self.case.own_server and not self.case.steps

    def rerun(self, extra: list[str]) -> str:
        """The command that runs this cell alone."""
        return " ".join(["tests/interop/run", "--clients", self.client.name,
                         "--servers", self.server.name, "--transports", self.transport.name,
                         "--cases", self.case.name, *extra])


def batches(cells: list[Cell], one_by_one: bool) -> list[list[Cell]]:
    """The cells in groups: those of one run of a client, which costs slow-starting languages more
    than a case does."""
    groups: dict[tuple, list[Cell]] = {}
    for number, cell in enumerate(cells):
        alone = one_by_one or not cell.shares_its_process or cell.why_not()
        pair = (cell.transport.name, cell.server.name, cell.client.name)
        groups.setdefault((*pair, number if alone else -1), []).append(cell)
    return list(groups.values())


def plan(clients, servers, transports, cases) -> list[Cell]:
    """All cells, those of one server next to each other."""
    return [Cell(client, server, transport, case) for transport, server, client, case
            in itertools.product(transports, servers, clients, cases)
            if not (client.peer and server.peer)
            and (transport.name == "grpc" or not (client.peer or server.peer))]
