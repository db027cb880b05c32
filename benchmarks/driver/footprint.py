"""Rows of another kind: memory of servers and connections, size of the library, time to start, moves."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from processes import BenchError, Process, client_command, run_json, server_command
from rows import extra_row

WARM_CONNECTIONS = 10


def memory_of(pid):
    """(RSS, PSS) of a process in bytes."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    fields = dict(re.findall(r"^(\w+):\s+(\d+) kB", text, re.MULTILINE))
    return int(fields["Rss"]) * 1024, int(fields["Pss"]) * 1024


def idle_rows(peer, connections, folder):
    """Memory of a server that nobody called, and what each idle connection adds to it.

    Each connection has made one call. The first few come before the first look: they make the
    server's threads and pools, which the rest share."""
    with Process(server_command(peer, "unix", "cross", folder)) as server:
        rss, _ = memory_of(server.pid)
        command = client_command(peer, "idle", 32, 1, server)
        with Process(command + ["--connections", str(WARM_CONNECTIONS)]):
            before_rss, before_pss = memory_of(server.pid)
            with Process(command + ["--connections", str(connections)]):
                after_rss, after_pss = memory_of(server.pid)
    place = {"transport": "unix", "placement": "cross"}
    return [
        extra_row("idle_server", peer, value=rss, unit="bytes RSS", **place),
        extra_row(
            "idle_connection", peer, unit="bytes PSS per connection", connections=connections,
            value=(after_pss - before_pss) / connections,
            rss_per_connection=(after_rss - before_rss) / connections, **place,
        ),
    ]


def startup_row(peer, programs, runs, folder):
    """From exec of a client to its exit after one completed call over unix."""
    with Process(server_command(peer, "unix", "cross", folder)) as server:
        client = client_command(peer, "first", 32, 1, server)
        result = run_json([str(programs / "bench_startup"), str(runs), *client], 60)
    return extra_row(
        "startup", peer, transport="unix", placement="cross", payload=32, p50_ns=result["p50_ns"],
        p99_ns=result["p99_ns"], value=result["p50_ns"], unit="ns",
    )


def library_row(peer, library):
    """Size of libpolycall.so without symbols."""
    if shutil.which("strip") is None:
        raise BenchError("strip is missing: install binutils")
    with tempfile.TemporaryDirectory() as folder:
        stripped = pathlib.Path(folder) / "stripped.so"
        subprocess.run(["strip", "-o", stripped, library], check=True, timeout=60)
        size = stripped.stat().st_size
    return extra_row("library_size", peer, value=size, unit="bytes")


def rewire_row(peer, programs, seconds, rounds):
    """What moves of a channel to and fro cost its callers; a call that fails, is lost or comes twice fails
    the program. The round in the middle: what the machine does to 99th percentiles differs from one to
    the next."""
    found = [run_json([str(programs / "bench_rewire"), str(seconds)], seconds + 60) for _ in range(rounds)]
    found.sort(key=lambda result: result["moving_p99_ns"] / result["p99_ns"])
    result = found[rounds // 2]
    return extra_row("rewire", peer, value=result["moving_p99_ns"] / result["p99_ns"],
                     unit="p99 during moves over p99", **result)


def sniff_rows(peer, programs, runs, folder):
    """What it costs a new connection that the server takes several protocols on one port: a connection,
    handshake and first call over TCP, to a server that takes them all and to one that takes its own."""
    rows = []
    for name, transports in (("sniff_all", None), ("sniff_none", "tcp")):
        environment = {key: value for key, value in os.environ.items() if key != "BENCH_TRANSPORT"}
        if transports:
            environment["BENCH_TRANSPORT"] = transports
        with Process(server_command(peer, "tcp", "cross", folder), environment) as server:
            result = run_json([str(programs / "bench_hot_wire"), server.address, str(runs)], 120)
        rows.append(extra_row(name, peer, transport="tcp", value=result["p50_ns"], unit="ns", **result))
    return rows
