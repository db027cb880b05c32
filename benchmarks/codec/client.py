"""Measures one testee of tests/codec_conformance: how long decoding and encoding a message takes.

The loop is the testee's own (its `bench` action), so that what is measured is the codec in its own
language and nothing else. Prints a line of JSON as the other benchmark programs do.
"""

import argparse
import json
import os
import pathlib
import struct
import sys
import time

SOURCES = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCES / "tests" / "codec_conformance" / "runner"))

from testee import ACCEPTED, BENCH, Broken, Process  # noqa: E402

TYPE = "wire3.Mixed"
BATCH_NS = 5_000_000  # one figure of the quantiles
WARM_UP = 0.15


def measure(process, message, seconds):
    """(nanoseconds per iteration of each batch, iterations, nanoseconds, CPU nanoseconds)."""

    def batch(iterations):
        answer = process.ask_one(BENCH, TYPE, struct.pack("<I", iterations) + message)
        if answer.result != ACCEPTED:
            raise Broken(f"it cannot do this benchmark: {answer.data.decode(errors='replace')}")
        return struct.unpack("<Q", answer.data)[0]

    iterations = 1
    end = time.monotonic() + seconds * WARM_UP
    while True:
        taken = batch(iterations)
        if taken >= BATCH_NS // 2 and time.monotonic() >= end:
            break
        if taken < BATCH_NS // 2:
            iterations *= 2
    cpu_clock = (~process.pid << 3) | 2  # the process's own, as clock_getcpuclockid makes it
    cpu = time.clock_gettime_ns(cpu_clock)
    figures, total = [], 0
    while total < seconds * 1e9 and len(figures) < 10_000:
        taken = batch(iterations)
        total += taken
        figures.append(taken / iterations)
    return figures, len(figures) * iterations, total, time.clock_gettime_ns(cpu_clock) - cpu


def quantile(figures, share):
    figures = sorted(figures)
    return figures[min(len(figures) - 1, int(len(figures) * share))]


def main(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--testee", required=True)
    parser.add_argument("--message", type=pathlib.Path, required=True)
    parser.add_argument("--arena", action="store_true")
    parser.add_argument("role", choices=["client"])
    parser.add_argument("--bench", choices=["codec"], default="codec")
    parser.add_argument("--payload", type=int)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--pin", type=int, default=-1)
    chosen = parser.parse_args(arguments)
    message = chosen.message.read_bytes()
    if chosen.pin >= 0:
        os.sched_setaffinity(0, {chosen.pin})  # the testee inherits it
    process = Process([chosen.testee] + (["--arena"] if chosen.arena else []), timeout=30)
    try:
        figures, calls, wall, cpu = measure(process, message, chosen.seconds)
    except (Broken, OSError) as error:
        print(f"{chosen.testee}: {error}", file=sys.stderr)
        return 1
    finally:
        process.stop()
    print(json.dumps({
        "calls": calls, "wall_ns": wall, "p50_ns": quantile(figures, 0.5),
        "p99_ns": quantile(figures, 0.99), "payload": len(message), "client_cpu_ns": cpu,
        "server_cpu_ns": 0,
    }))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
