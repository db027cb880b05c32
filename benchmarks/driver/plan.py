"""What is measured: the cases, and who takes part in each."""

import dataclasses
import re

SMALL = 32
MIXED = 1024  # the codec's message, about
PAYLOADS = (32, 1024, 65536, 1048576)
TRANSPORTS = SOCKETS = ("unix", "tcp")
OTHERS = ("capnproto", "thrift", "ice")
PLACEMENTS = ("same", "cross")

# Whose time the others' is compared with: one of them takes part in each case.
FLOORS = ("floor", "protobuf", "memcpy")


@dataclasses.dataclass(frozen=True)
class Case:
    """One comparison: every peer that can do it takes turns."""

    bench: str
    transport: str
    placement: str
    payload: int

    @property
    def name(self):
        return f"{self.bench}/{self.transport}/{self.placement}/{self.payload}"


@dataclasses.dataclass(frozen=True)
class Peer:
    """A contestant. `server` and `client` are command lines without their options."""

    name: str
    language: str
    client: tuple
    server: tuple | None
    benches: tuple
    payloads: tuple = PAYLOADS
    variant: str = ""
    in_process: tuple | None = None  # what measures `inproc`; None: the client does
    needs: tuple = ()  # files without which it is left out
    transports: tuple = ("unix", "tcp")  # besides inproc
    placements: tuple = PLACEMENTS
    calls_by: str = ""  # the scheme that the client's target gets in place of the server's

    @property
    def label(self):
        return self.name if self.language in ("", "c++") else f"{self.name} {self.language}"

    def takes_part(self, case):
        if case.bench not in self.benches or case.payload not in self.payloads:
            return False
        if case.transport == "inproc":
            return True
        if case.placement not in self.placements:
            return False
        return self.server is not None and case.transport in self.transports


def all_cases():
    """All cases, grouped so that neighbours share their servers."""
    cases = [Case("inproc", "inproc", "same", SMALL), Case("codec", "inproc", "same", MIXED)]
    for placement in PLACEMENTS:
        for transport in TRANSPORTS:
            cases += [Case("latency", transport, placement, payload) for payload in PAYLOADS]
            cases += [
                Case(bench, transport, placement, SMALL) for bench in ("inflight", "stream", "chat")
            ]
        cases += [Case("latency", "shm", placement, payload) for payload in PAYLOADS]
        cases += [Case(bench, "shm", placement, SMALL) for bench in ("inflight", "stream")]
        cases += [Case("latency", "tls", placement, payload) for payload in (SMALL, PAYLOADS[-1])]
        # gRPC's protocol, with PolyCall at one of its ends.
        cases += [Case(bench, "grpc", placement, SMALL) for bench in ("latency", "inflight")]
        cases.append(Case("latency", "grpc", placement, PAYLOADS[-1]))
    return cases


SOCKET_BENCHES = ("latency", "inflight", "stream", "chat", "startup", "idle")


def codec_peers(programs, sources, python):
    """protobuf C++, then the languages whose codec is PolyCall's own: the testees of
    tests/codec_conformance, each with a loop of its own."""

    def testee(peer, language, name, *options):
        program = programs.parent / "tests" / "codec_conformance" / f"codec_testee_{name}"
        client = (
            *python, str(sources / "codec" / "client.py"), "--testee", str(program),
            "--message", str(programs / "codec_message.bin"), *options,
        )
        return Peer(peer, language, client, None, ("codec",), (MIXED,))

    return [
        testee("protobuf", "c++", "cpp"),
        testee("protobuf-arena", "c++", "cpp", "--arena"),
        testee("polycall-codec", "c", "c"),
        testee("polycall-codec", "haskell", "haskell"),
        testee("polycall-codec", "lisp", "lisp"),
        testee("polycall-codec", "ecl", "ecl"),
    ]


# The modules that a C caller hosts: language, the module's file, and what the module text has behind
# it. {programs} and {sources} are the folders of the built programs and of the benchmarks.
HOSTED = (
    ("python", "{sources}/polycall/python_echo.py", ""),
    ("haskell", "{programs}/bench_haskell.so", ""),
    ("java", "{programs}/bench_java.jar", "!bench.EchoBench"),
    ("lisp", "{programs}/bench_lisp_module.lisp", ""),
)


def hosted_peers(programs, sources, python):
    """A C caller in whose process handlers of other languages are hosted; first of all a plain
    function of C, which is called through libffi."""
    # `python` begins with what sets PYTHONPATH for the benchmark's messages.
    client = (*python[:-1], str(programs / "bench_polycall_hosted"))

    def peer(label, language, file, rest):
        path = file.format(programs=programs, sources=sources)
        return Peer(
            "polycall", f"c->{label} hosted", client, None, ("inproc",), (SMALL,),
            f"{language}:{path}{rest.format(sources=sources)}", needs=(path,),
        )

    plain = ("c (libffi)", "plain:c", "{programs}/bench_plain_function.so", ":{sources}/plain_echo.proto")
    return [peer(*plain), *(peer(language, language, file, rest) for language, file, rest in HOSTED)]


def other_frameworks(programs):
    """Frameworks besides gRPC. Their names are in OTHERS for the targets."""

    def peer(name, transports):
        command = (str(programs / f"bench_{name}"),)
        return Peer(name, "c++", command, command, ("latency", "inflight", "inproc"), transports=transports)

    return [peer("capnproto", SOCKETS), peer("thrift", SOCKETS), peer("ice", ("tcp",))]


def grpc_at_one_end(programs):
    """gRPC's client of PolyCall's server, and PolyCall's client of gRPC's."""
    ours, theirs = (str(programs / "bench_polycall_cpp"),), (str(programs / "bench_grpc"),)
    benches = ("latency", "inflight")
    return [
        Peer("grpc->polycall", "c++", theirs, ours, benches, transports=("grpc",)),
        Peer("polycall->grpc", "c++", ours, theirs, benches, transports=("grpc",), calls_by="grpc"),
    ]


def all_peers(programs, sources, python):
    """The contestants in the order in which they take turns. `programs`: the folder of the built
    programs, `sources`: benchmarks/, `python`: the interpreter's command line."""

    def program(name, benches, **more):
        command = (str(programs / name),)
        return dict(client=command, server=command, benches=benches, **more)

    every = SOCKET_BENCHES + ("inproc",)
    library = str(programs / "libbench_in_process.so")
    codec = codec_peers(programs, sources, python)
    script = (*python, str(sources / "polycall" / "python_echo.py"), "--library", library)
    return [
        Peer("floor", "c++", **program("bench_floor", ("latency", "inflight", "stream", "chat", "inproc"), transports=SOCKETS + ("grpc",))),
        Peer("floor", "c++", **program("bench_floor", ("latency",), transports=("shm", "tls"))),
        # Looking pays between two cores only.
        Peer("floor-looking", "c++", **program("bench_floor", ("latency",), variant="looking", placements=PLACEMENTS[1:])),
        Peer("memcpy", "c++", **program("bench_floor", ("latency",), payloads=PAYLOADS[-1:], transports=("shm",), variant="memcpy")),
        Peer("byhand", "c++", **program("bench_byhand", SOCKET_BENCHES)),
        Peer("polycall", "c++", **program("bench_polycall_cpp", every, transports=SOCKETS + ("shm", "tls"))),
        Peer("grpc", "c++", **program("bench_grpc", every, transports=SOCKETS + ("grpc",))),
        *grpc_at_one_end(programs),
        Peer("grpc-sync", "c++", **program("bench_grpc", ("latency",), payloads=(SMALL,), variant="sync")),
        *other_frameworks(programs),
        Peer("polycall", "c", **program("bench_polycall_c", ("latency", "inflight", "inproc"), payloads=(SMALL,))),
        Peer(
            "polycall-raw", "c",
            **program("bench_polycall_raw", ("latency", "inflight", "stream", "chat", "inproc"), payloads=(SMALL, 1048576), transports=SOCKETS + ("shm",)),
        ),
        # A Python caller of a C++ server, and a C++ caller of a Python handler; `inproc`: both in
        # one process.
        Peer(
            "polycall", "python->c++",
            client=script + ("client", "--direction", "to-c++"),
            server=(str(programs / "bench_polycall_cpp"),),
            benches=("latency", "inproc"), payloads=(SMALL,),
        ),
        Peer(
            "polycall", "c++->python",
            client=(str(programs / "bench_polycall_cpp"),), server=script + ("server",),
            in_process=script + ("client", "--direction", "from-c++"),
            benches=("latency", "inproc"), payloads=(SMALL,),
        ),
        # A Haskell caller of a C++ server, and a C++ caller of a Haskell handler.
        Peer(
            "polycall", "haskell->c++",
            client=(str(programs / "bench_haskell"), "client", "--library", library),
            server=(str(programs / "bench_polycall_cpp"),),
            benches=("latency", "inproc"), payloads=(SMALL,),
        ),
        Peer(
            "polycall", "c++->haskell",
            client=(str(programs / "bench_polycall_cpp"),),
            server=(str(programs / "bench_haskell"), "server"),
            benches=("latency",), payloads=(SMALL,),
        ),
        # A Lisp (SBCL) caller of a C++ server.
        Peer(
            "polycall", "lisp->c++",
            client=(str(programs / "bench_lisp"), "client", "--library", library),
            server=(str(programs / "bench_polycall_cpp"),),
            benches=("latency", "inproc"), payloads=(SMALL,),
            needs=(str(programs / "bench_lisp"),),
        ),
        # A Java caller of a C++ server, and of a C handler in its process.
        Peer(
            "polycall", "java->c++",
            client=(str(programs / "bench_polycall_java"), "client"),
            server=(str(programs / "bench_polycall_cpp"),),
            benches=("latency",), payloads=(SMALL,), needs=(str(programs / "bench_java.jar"),),
        ),
        Peer(
            "polycall", "java->c",
            client=(str(programs / "bench_polycall_java"), "client", "--module",
                    str(programs / "bench_c_module.so")),
            server=None, benches=("inproc",), payloads=(SMALL,),
            needs=(str(programs / "bench_java.jar"),),
        ),
        *hosted_peers(programs, sources, python),
        *codec,
    ]


def select(cases, peers, pattern):
    """The (case, peers) pairs whose name "bench/transport/placement/payload/peer label" matches
    `pattern` (None: all). A case that is kept keeps its floor, without which it says nothing."""
    matcher = re.compile(pattern) if pattern else None
    chosen = []
    for case in cases:
        able = [peer for peer in peers if peer.takes_part(case)]
        kept = [
            peer for peer in able if matcher is None or matcher.search(f"{case.name}/{peer.label}")
        ]
        if not kept:
            continue
        floors = [peer for peer in able if peer.name in FLOORS and peer not in kept]
        chosen.append((case, floors + kept))
    return chosen
