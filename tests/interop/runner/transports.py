"""The transports under test. To add one: one line here, unless its address needs more than a
format."""

import dataclasses
import pathlib


@dataclasses.dataclass(frozen=True)
class Transport:
    """`listen` is what the server is told to listen on; {folder} is a short-named folder of its
    own, {number} differs between servers. The server prints the target that callers then use, with
    `call_by` in place of its scheme if that is given. Channels are told to use no other transport,
    and each case checks that its channel did not.
    """

    name: str
    listen: str
    in_process: bool = False
    call_by: str | None = None
    # Both ends get certificates and demand each other's.
    certified: bool = False

    def target(self, folder: str, number: int) -> str:
        return self.listen.replace("{folder}", folder).replace("{number}", str(number))

    def callers_target(self, listened: str) -> str:
        if self.call_by is None:
            return listened
        return self.call_by + listened.partition(":")[2]

    def environ(self, folder: pathlib.Path) -> dict[str, str]:
        """What clients and servers read; certificates.py makes what the second one names."""
        tls = {"INTEROP_TLS": str(folder / "tls")} if self.certified else {}
        return {"INTEROP_TRANSPORT": self.name, **tls}


TRANSPORTS = (
    Transport("inproc", "inproc:interop-{number}", in_process=True),
    Transport("shm", "unix:{folder}/{number}.sock"),
    Transport("unix", "unix:{folder}/{number}.sock"),
    Transport("tcp", "tcp://127.0.0.1:0"),
    Transport("tls", "tls://127.0.0.1:0", certified=True),
    Transport("grpc", "tcp://127.0.0.1:0", call_by="grpc:"),
)
