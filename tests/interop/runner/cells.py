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
        loadable = self.client.library or self.server.library or self.client == self.server
        if self.transport.in_process and not loadable:
            return (f"{self.transport.name}: neither {self.client.name} nor {self.server.name} can "
                    "be loaded into the other's process")
        return None

    def rerun(self, extra: list[str]) -> str:
        """The command that runs this cell alone."""
        return " ".join(["tests/interop/run", "--clients", self.client.name,
                         "--servers", self.server.name, "--transports", self.transport.name,
                         "--cases", self.case.name, *extra])


def plan(clients, servers, transports, cases) -> list[Cell]:
    """All cells, those of one server next to each other."""
    return [Cell(client, server, transport, case) for transport, server, client, case
            in itertools.product(transports, servers, clients, cases)]
