"""Runs the benchmarks: called by script/bench, which builds the programs first."""

import argparse
import json
import os
import pathlib
import re
import sys
import tempfile
import time

import environment
import footprint
import picture
import plan
import rows as row_format
import scheduling
import table
import targets
from measurement import from_program
from processes import (
    BenchError, Process, client_command, make_certificate, run_json, server_command,
)

SOURCES = pathlib.Path(__file__).resolve().parent.parent
ROUNDS = 3
MOVES_ROUNDS = 5  # 99th percentiles differ more from one to the next
FOOTPRINT = ("idle", "startup", "library_size", "rewire", "sniff")


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(
        prog="script/bench",
        description="Measures the floor, protobuf by hand, PolyCall and gRPC on the same work.",
    )
    parser.add_argument("--quick", action="store_true", help="short loads: ends within 5 minutes")
    parser.add_argument(
        "--filter", metavar="RE",
        help="only rows whose bench/transport/placement/payload/peer matches, as 'latency/unix/.*/32/'",
    )
    parser.add_argument("--list", action="store_true", help="print the rows' names and end")
    parser.add_argument("--seconds", type=float, help="measured time of one load")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="interleaved rounds (3)")
    parser.add_argument("--programs", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--library", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--python-path", default="", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if not 1 <= chosen.rounds <= 20:
        parser.error("--rounds wants a number from 1 to 20")
    if chosen.seconds is not None and not 0.01 <= chosen.seconds <= 60:
        parser.error("--seconds wants 0.01 to 60")
    try:
        re.compile(chosen.filter or "")
    except re.error as error:
        parser.error(f"--filter: {error}")
    return chosen


class Run:
    """One run of the benchmarks: servers that are up, results, failures."""

    def __init__(self, chosen, folder):
        self.seconds = chosen.seconds or (0.15 if chosen.quick else 1.0)
        self.rounds = chosen.rounds
        self.results = {}
        self.failures = []
        self._folder = folder
        self._servers = {}
        self._place = None

    def end_servers(self):
        for server in self._servers.values():
            if server is not None:
                server.end()
        self._servers = {}

    def fail(self, name, error):
        self.failures.append(f"{name}: {error}")
        print(f"  failed: {name}: {error}", file=sys.stderr, flush=True)

    def _server(self, case, peer):
        """The peer's server, None for one that does not start; an Exception stays a failure of its own."""
        if peer.label not in self._servers:
            self._servers[peer.label] = None
            command = server_command(peer, case.transport, case.placement, self._folder)
            self._servers[peer.label] = Process(command)
        return self._servers[peer.label]

    def _measure(self, case, peer):
        server = None
        if case.transport != "inproc":
            server = self._server(case, peer)
            if server is None:
                return None
        command = client_command(peer, case.bench, case.payload, self.seconds, server)
        return from_program(run_json(command, 60 + 4 * self.seconds))

    def measure_case(self, case, peers):
        # What PolyCall's programs may use, lest a faster transport takes the place of the measured one.
        os.environ["BENCH_TRANSPORT"] = case.transport
        if self._place != (case.transport, case.placement):
            self.end_servers()
            self._place = (case.transport, case.placement)
        rounds = {peer.label: [] for peer in peers}
        broken = set()
        for number in range(self.rounds):
            # Each round begins with another peer, so that none always follows the same one.
            turn = number % len(peers)
            for peer in peers[turn:] + peers[:turn]:
                measured = None
                if peer.label not in broken:
                    try:
                        measured = self._measure(case, peer)
                    except (BenchError, ValueError, KeyError) as error:
                        self.fail(f"{case.name}/{peer.label}", error)
                        broken.add(peer.label)
                rounds[peer.label].append(measured)
        self.results[case] = rounds


def measure_footprint(run, chosen, peers, folder):
    """Extra rows, each on its own: one that fails leaves the others."""
    wanted = re.compile(chosen.filter or "")
    os.environ["BENCH_TRANSPORT"] = "unix"
    found = []
    for peer in peers:
        jobs = {
            "idle": lambda peer=peer: footprint.idle_rows(peer, 1000, folder),
            "startup": lambda peer=peer: [
                footprint.startup_row(peer, chosen.programs, 20 if chosen.quick else 100, folder)
            ],
        }
        if peer.name == "polycall":
            jobs["library_size"] = lambda peer=peer: [footprint.library_row(peer, chosen.library)]
            jobs["rewire"] = lambda peer=peer: [
                footprint.rewire_row(peer, chosen.programs, 2 if chosen.quick else 7, MOVES_ROUNDS)
            ]
            jobs["sniff"] = lambda peer=peer: footprint.sniff_rows(
                peer, chosen.programs, 500 if chosen.quick else 5000, folder)
        for name, job in jobs.items():
            if not wanted.search(f"{name}/{peer.label}"):
                continue
            print(f"{name} {peer.label}", flush=True)
            try:
                found += job()
            except (BenchError, OSError, KeyError) as error:
                run.fail(f"{name}/{peer.label}", error)
    return found


def measure_scheduling(run, chosen):
    """Rows about polycalld, each on its own."""
    wanted = re.compile(chosen.filter or "")
    build = chosen.programs.resolve().parent
    # Sandboxes need root.
    if os.geteuid() != 0 or not (build / "bin" / "polycalld").exists():
        return []
    os.environ.pop("BENCH_TRANSPORT", None)
    found = []
    for name, job in scheduling.jobs(build, chosen.programs, chosen.quick).items():
        if not wanted.search(f"{name}/polycalld"):
            continue
        print(f"{name} polycalld", flush=True)
        try:
            found += job()
        except (BenchError, OSError, KeyError, ValueError) as error:
            run.fail(f"{name}/polycalld", error)
    return found


def present(peers):
    """The peers whose programs were built, and the others."""
    able, missing = [], []
    for peer in peers:
        parts = (*peer.client, *(peer.server or ()), *peer.needs)
        paths = [pathlib.Path(part) for part in parts if part.startswith("/")]
        (able if all(path.exists() for path in paths) else missing).append(peer)
    return able, missing


def finish(run, extra, peers, facts, chosen):
    by_label = {peer.label: peer for peer in peers}
    rows = []
    for case, rounds in run.results.items():
        for label, values in rounds.items():
            if any(values):
                floor = next((rounds[name] for name in plan.FLOORS if name in rounds), None)
                rows.append(row_format.row_of(case, by_label[label], values, floor))
    rows += extra
    chosen.out.mkdir(parents=True, exist_ok=True)
    row_format.write_jsonl(chosen.out / "results.jsonl", rows)
    (chosen.out / "environment.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    remark = picture.write(chosen.out, rows, list(environment.lines(facts)))
    print("\n" + "\n".join(table.result_lines(rows)))
    print("\n" + "\n".join(table.extra_lines(rows)))
    verdicts = [one for one in targets.verdicts(run.results, extra) if not chosen.filter or one.value is not None]
    print("\n" + "\n".join(table.verdict_lines(verdicts, sys.stdout.isatty())))
    print(f"\nwritten to {chosen.out}: results.jsonl, environment.json, results.svg, results.png")
    if remark:
        print(remark)
    counts = {state: sum(one.state == state for one in verdicts) for state in table.COLOURS}
    print(
        f"{counts[targets.MET]} targets met, {counts[targets.NEAR]} near, {counts[targets.MISSED]} missed, "
        f"{counts[targets.UNKNOWN]} not measured, {len(run.failures)} runs failed"
    )


def main(arguments):
    chosen = parse_arguments(arguments)
    python = ("env", f"PYTHONPATH={chosen.python_path}", sys.executable)
    everybody = plan.all_peers(chosen.programs, SOURCES, python)
    peers, missing = present(everybody)
    selected = plan.select(plan.all_cases(), peers, chosen.filter)
    if chosen.list:
        for case, able in selected:
            for peer in able:
                print(f"{case.name}/{peer.label}")
        for name in FOOTPRINT + scheduling.NAMES:
            print(name)
        return 0
    built = sorted({pathlib.Path(peer.client[0]) for peer in peers if len(peer.client) == 1})
    facts = environment.describe(SOURCES, built, chosen.quick)
    try:
        environment.refuse_debug_builds(facts)
    except BenchError as error:
        print(f"script/bench: {error}", file=sys.stderr)
        return 3
    if facts["cores"] < 2:
        print("script/bench: `cross` needs two cores, this machine has one", file=sys.stderr)
        return 2
    print("\n".join(environment.lines(facts)))
    for peer in missing:
        print(f"not built, left out: {peer.label}")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="polycall-bench-") as folder:
        run = Run(chosen, folder)
        make_certificate(folder)
        try:
            for number, (case, able) in enumerate(selected, 1):
                run.measure_case(case, able)
                line = table.summary_line(case, run.results[case])
                print(f"[{number:2}/{len(selected)}] {line}", flush=True)
        finally:
            run.end_servers()
        contestants = [
            peer for peer in peers if "idle" in peer.benches and peer.language == "c++"
        ]
        extra = measure_footprint(run, chosen, contestants, folder)
        extra += measure_scheduling(run, chosen)
    if not run.results and not extra:
        print(f"script/bench: nothing matches --filter {chosen.filter}", file=sys.stderr)
        return 2
    finish(run, extra, peers, facts, chosen)
    print(f"took {time.monotonic() - began:.0f} s")
    return 1 if run.failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
