"""The transports under test. To add one: one line here, unless its address needs more than a
format."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Transport:
    """`listen` is what the server is told to listen on; {folder} is a short-named folder of its
    own, {number} differs between servers. The server prints the target that callers then use."""

    name: str
    listen: str
    in_process: bool = False

    def target(self, folder: str, number: int) -> str:
        return self.listen.replace("{folder}", folder).replace("{number}", str(number))


TRANSPORTS = (
    Transport("inproc", "inproc:interop-{number}", in_process=True),
    Transport("unix", "unix:{folder}/{number}.sock"),
    Transport("tcp", "tcp://127.0.0.1:0"),
)
