"""What PolyCall must reach, and whether the run shows it."""

import dataclasses

from plan import MIXED, OTHERS, PAYLOADS, PLACEMENTS, SMALL, SOCKETS, Case
from rows import ratio_to
from statistics_of_rounds import median

MET, NEAR, MISSED, UNKNOWN = "met", "near", "MISSED", "not measured"
# A target missed by less is within what two runs of the same program differ by.
NEAR_SHARE = 0.05


@dataclasses.dataclass(frozen=True)
class Verdict:
    """One target: `value` must be at most (or, with at_least, at least) `limit`, in `unit`."""

    what: str
    value: float | None
    limit: float
    unit: str
    at_least: bool = False

    @property
    def state(self):
        if self.value is None:
            return UNKNOWN
        share = self.limit / self.value if self.at_least else self.value / self.limit
        if share <= 1:
            return MET
        return NEAR if share <= 1 + NEAR_SHARE else MISSED


def _ratio(results, case, label, other, field):
    """Time per call of `label` over `other`'s, or None."""
    rounds = results.get(case, {})
    if label not in rounds or other not in rounds:
        return None
    return ratio_to(rounds[label], rounds[other], field)


def _absolute(results, case, label, field):
    """The median of `label` itself, or None."""
    return median([getattr(one, field) if one else None for one in results.get(case, {}).get(label, [])])


def _speed(results, case, label, other):
    """How many times the other's calls per second."""
    ratio = _ratio(results, case, label, other, "calls_per_s")
    return 1 / ratio if ratio else None


def _socket_verdicts(results, transport, placement):
    small = Case("latency", transport, placement, SMALL)
    place = f"{transport} {placement}"

    def ratio(field, other, case=small):
        return _ratio(results, case, "polycall", other, field)

    yield Verdict(f"{place}: 32 B p50 over the floor's", ratio("p50_ns", "floor"), 1.2, "x")
    yield Verdict(f"{place}: 32 B p99 over the floor's", ratio("p99_ns", "floor"), 1.4, "x")
    if placement == "cross":
        yield Verdict(
            f"{place}: 32 B p50 over the looking floor's", ratio("p50_ns", "floor-looking"), 1.2, "x"
        )
    yield Verdict(
        f"{place}: CPU per call over byhand's", ratio("cpu_us_per_call", "byhand"), 1.25, "x"
    )
    for payload, name in ((65536, "64 KiB"), (1048576, "1 MiB")):
        case = Case("latency", transport, placement, payload)
        yield Verdict(f"{place}: {name} p50 over byhand's", ratio("p50_ns", "byhand", case), 1, "x")
    stream = Case("stream", transport, placement, SMALL)
    yield Verdict(
        f"{place}: stream messages/s over gRPC's", _speed(results, stream, "polycall", "grpc"), 5,
        "x", True,
    )
    if transport == "unix":
        busy = Case("inflight", transport, placement, SMALL)
        for other, limit in (("grpc", 10), ("byhand", 0.4)):
            yield Verdict(
                f"{place}: 64 in flight, calls/s over {other}'s",
                _speed(results, busy, "polycall", other), limit, "x", True,
            )


def _shm_verdicts(results):
    for placement in PLACEMENTS:
        small = Case("latency", "shm", placement, SMALL)
        limit, floor = (4, "spinning") if placement == "cross" else (1.3, "eventfd")
        yield Verdict(
            f"shm {placement}: 32 B p50 over the {floor} floor's",
            _ratio(results, small, "polycall", "floor", "p50_ns"), limit, "x",
        )
        slower = []
        for bench, payload, field in (
            *(("latency", payload, "p50_ns") for payload in PAYLOADS),
            ("inflight", SMALL, "calls_per_s"), ("stream", SMALL, "calls_per_s"),
        ):
            here, there = (
                results.get(Case(bench, transport, placement, payload), {}).get("polycall")
                for transport in ("shm", "unix")
            )
            if here and there:
                slower.append(ratio_to(here, there, field))
        known = [ratio for ratio in slower if ratio is not None]
        yield Verdict(f"shm {placement}: time over unix's in the worst row", max(known, default=None), 1, "x")
    p50 = _absolute(results, Case("latency", "shm", "cross", SMALL), "polycall", "p50_ns")
    yield Verdict("shm cross: 32 B p50", p50 / 1e3 if p50 else None, 0.6, "us")
    rate = _absolute(results, Case("inflight", "shm", "cross", SMALL), "polycall", "calls_per_s")
    yield Verdict("shm cross: 64 in flight, million calls/s", rate / 1e6 if rate else None, 2, "M/s", True)
    large = Case("latency", "shm", "cross", PAYLOADS[-1])
    for label, share in (("polycall", 0.2), ("polycall-raw c", 0.5)):
        ratio = _ratio(results, large, label, "memcpy", "p50_ns")
        what = "protobuf" if label == "polycall" else "raw payloads"
        yield Verdict(
            f"shm cross: 1 MiB echo of {what}, over memcpy's bandwidth", 1 / ratio if ratio else None, share, "x", True
        )


def _tls_verdicts(results):
    for placement in PLACEMENTS:
        tls, tcp = (
            results.get(Case("latency", transport, placement, SMALL), {}).get("polycall")
            for transport in ("tls", "tcp")
        )
        yield Verdict(
            f"tls {placement}: 32 B p50 over tcp's", ratio_to(tls, tcp, "p50_ns") if tls and tcp else None, 1.25, "x"
        )
        large = Case("latency", "tls", placement, PAYLOADS[-1])
        yield Verdict(
            f"tls {placement}: 1 MiB p50 over OpenSSL's own", _ratio(results, large, "polycall", "floor", "p50_ns"), 1.3, "x"
        )


def _grpc_verdicts(results):
    for placement in PLACEMENTS:
        case = Case("latency", "grpc", placement, SMALL)
        for label, what in (
            ("grpc->polycall", "its client of PolyCall's server"),
            ("polycall->grpc", "PolyCall's client of its server"),
        ):
            yield Verdict(
                f"grpc {placement}: 32 B p50 of {what}, over its own", _ratio(results, case, label, "grpc", "p50_ns"), 1.3, "x"
            )


def _framework_verdicts(results):
    """Ahead of each other framework on one core, at most 5 % behind across cores: the worst row of
    each placement. In process and on one core, every row counts as `same`."""
    for placement, limit in (("same", 1), ("cross", 1.05)):
        for other in OTHERS:
            ratios = []
            for transport in SOCKETS:
                cases = [(Case("latency", transport, placement, payload), "p50_ns") for payload in PAYLOADS]
                cases.append((Case("inflight", transport, placement, SMALL), "calls_per_s"))
                ratios += [_ratio(results, case, "polycall", other, field) for case, field in cases]
            if placement == "same":
                ratios.append(_ratio(results, Case("inproc", "inproc", "same", SMALL), "polycall", other, "p50_ns"))
            known = [ratio for ratio in ratios if ratio is not None]
            yield Verdict(
                f"{placement}: time over {other}'s in the worst row", max(known, default=None), limit, "x"
            )


def _inproc_verdicts(results):
    case = Case("inproc", "inproc", "same", SMALL)
    rounds = results.get(case, {})
    for label, what, limit in (
        ("polycall", "C++ to C++, typed", 100),
        ("polycall c", "C to C, typed", 60),
        ("polycall python->c++", "Python to C++", 3000),
        ("polycall c++->python", "C++ to Python", 5000),
        ("polycall c->c (libffi) hosted", "C to a plain C function through libffi", 400),
        ("polycall c->haskell hosted", "C to Haskell, hosted", 2000),
        ("polycall c->lisp hosted", "C to Lisp (ECL), hosted", 2000),
        ("polycall c->java hosted", "C to Java, hosted", 2000),
        ("polycall haskell->c++", "Haskell to a C++ handler", 1000),
        ("polycall lisp->c++", "Lisp (SBCL) to a C++ handler", 1000),
        ("polycall java->c", "Java to a C handler", 2000),
    ):
        p50 = ratio_to(rounds[label], [_ONE] * len(rounds[label]), "p50_ns") if label in rounds else None
        yield Verdict(f"inproc: {what}, p50", p50, limit, "ns")


def _language_verdicts(results):
    """A caller in any language, of a C++ server: over C++ calling C++."""
    for placement in PLACEMENTS:
        case = Case("latency", "unix", placement, SMALL)
        for label, limit in (
            ("polycall c", 1.5), ("polycall java->c++", 1.5), ("polycall haskell->c++", 1.5),
            ("polycall lisp->c++", 1.5), ("polycall python->c++", 2),
        ):
            ratio = _ratio(results, case, label, "polycall", "p50_ns")
            caller = label.removeprefix("polycall ").removesuffix("->c++")
            yield Verdict(f"unix {placement}: caller in {caller}, p50 over C++'s", ratio, limit, "x")


def _codec_verdicts(results):
    case = Case("codec", "inproc", "same", MIXED)
    for language, limit in (("c", 1), ("haskell", 4), ("lisp", 4)):
        ratio = _ratio(results, case, f"polycall-codec {language}", "protobuf", "p50_ns")
        yield Verdict(f"codec: {language}, decode and encode 1 KiB over protobuf C++'s", ratio, limit, "x")


class _One:
    p50_ns = 1.0


_ONE = _One()


def _footprint_verdicts(extra):
    def value(bench):
        for row in extra:
            if (row["bench"], row["peer"], row["language"]) == (bench, "polycall", "c++"):
                return row["value"]
        return None

    def scaled(bench, unit):
        found = value(bench)
        return found / unit if found is not None else None

    yield Verdict("memory: idle connection in the server", scaled("idle_connection", 1024), 8, "KiB")
    yield Verdict("memory: idle server, RSS", scaled("idle_server", 2**20), 6, "MiB")
    yield Verdict("size: libpolycall.so, stripped", scaled("library_size", 2**20), 2, "MiB")
    yield Verdict("start: exec to first completed call, unix", scaled("startup", 1e6), 4, "ms")
    yield Verdict("rewiring: p99 of calls during moves over the others'", value("rewire"), 2, "x")
    both = value("sniff_all"), value("sniff_none")
    cost = max(0.0, both[0] - both[1]) / 1000 if None not in both else None
    yield Verdict("one port: a new connection's cost of taking all protocols", cost, 50, "us")


def _scheduling_verdicts(extra):
    """What polycalld adds to a start, to finding a service, and to an idle machine."""

    def value(bench, field="value", service=None, unit=1e6):
        for row in extra:
            if row["bench"] == bench and row.get("service") == service:
                return row[field] / unit
        return None

    for service, name, limit in (("c", "C", 5), ("python", "Python", 6)):
        yield Verdict(
            f"polycalld: sandboxed start to first call, {name}, over bare",
            value("sandbox_start", "over_bare", service), limit, "ms",
        )
    yield Verdict("polycalld: first call from a warm spare (Python)", value("warm_spare"), 2, "ms")
    yield Verdict("polycalld: resolve and hot-wire to first call", value("hot_wire"), 1, "ms")
    yield Verdict("polycalld: RSS, 200 idle instances", value("polycalld_idle", unit=2**20), 64, "MiB")
    yield Verdict(
        "polycalld: processor, 200 idle instances", value("polycalld_idle", "cpu_share", unit=0.01), 1, "% of a core"
    )


def verdicts(results, extra):
    """All verdicts. `results`: Case -> peer label -> Measurement per round; `extra`: extra rows."""
    found = []
    for transport in ("unix", "tcp"):
        for placement in ("same", "cross"):
            found += _socket_verdicts(results, transport, placement)
    found += _shm_verdicts(results)
    found += _tls_verdicts(results)
    found += _grpc_verdicts(results)
    found += _framework_verdicts(results)
    found += _language_verdicts(results)
    found += _codec_verdicts(results)
    found += _inproc_verdicts(results)
    found += _footprint_verdicts(extra)
    return found + list(_scheduling_verdicts(extra))
