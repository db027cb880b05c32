"""PolyCall Python on the same work; the same command line as the other programs.

    python_echo.py server --target T [--pin CORE]
    python_echo.py client --target T --bench latency ...
    python_echo.py client --bench inproc --direction to-c++|from-c++ --library FILE
"""

import argparse
import ctypes
import json
import os
import signal
import sys
import time

import polycall

PAYLOAD_LIMIT = 16 << 20


def load_generated():
    import echo_pb2
    import echo_polycall

    return echo_pb2, echo_polycall


def make_request(payload):
    echo_pb2, _ = load_generated()
    return echo_pb2.EchoMessage(
        payload=b"x" * payload, sequence=7, sent_at=300, tag=70000, count=20000
    )


def make_handlers():
    echo_pb2, echo_polycall = load_generated()

    class Handlers(echo_polycall.EchoServiceService):
        def echo(self, request, context):
            return echo_pb2.EchoMessage(
                payload=request.payload, sequence=request.sequence, sent_at=request.sent_at,
                tag=request.tag, count=request.count,
            )

        def stream(self, request, context):
            for _ in range(request.count):
                yield self.echo(request, context)

        def chat(self, requests, context):
            for request in requests:
                yield self.echo(request, context)

    return Handlers()


def register(server):
    """As a module of the Python host's (hosted_echo.c)."""
    server.add(make_handlers())


def serve(options):
    with polycall.Server() as server:
        server.add(make_handlers())
        address = server.listen(options.target)
        server.start()
        print(f"READY {address}", flush=True)
        signal.sigtimedwait({signal.SIGTERM, signal.SIGINT}, 1200)
        server.shutdown(grace=0.1)


def quantile(ordered, share):
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]


def process_cpu_ns(pid):
    """CPU time of all threads of `pid`, as clock_getcpuclockid names its clock."""
    return time.clock_gettime_ns((~pid << 3) | 2) if pid else 0


def measure_calls(call, options):
    """Depth-1 calls one after the other, each timed."""
    clock = time.perf_counter_ns
    warm = clock() + int(options.seconds * 0.15e9)
    while clock() < warm:
        call()
    samples = []
    server_cpu, client_cpu = process_cpu_ns(options.server_pid), time.process_time_ns()
    begin = before = clock()
    end = begin + int(options.seconds * 1e9)
    while before < end and len(samples) < options.max_calls:
        call()
        after = clock()
        samples.append(after - before)
        before = after
    wall = clock() - begin
    client_cpu = time.process_time_ns() - client_cpu
    server_cpu = process_cpu_ns(options.server_pid) - server_cpu
    samples.sort()
    return {
        "calls": len(samples), "p50_ns": quantile(samples, 0.5), "p99_ns": quantile(samples, 0.99),
        "wall_ns": wall, "client_cpu_ns": client_cpu, "server_cpu_ns": server_cpu,
    }


def measure_python_caller(target, options):
    _, echo_polycall = load_generated()
    request = make_request(options.payload)
    with polycall.Channel(target) as channel:
        echo = echo_polycall.EchoServiceClient(channel).echo
        if len(echo(request).payload) != options.payload:
            sys.exit("the answer does not fit the request")
        return measure_calls(lambda: echo(request), options)


class InProcessResult(ctypes.Structure):
    """bench_in_process_result of in_process.h."""

    _fields_ = [
        ("p50_ns", ctypes.c_double), ("p99_ns", ctypes.c_double), ("calls", ctypes.c_ulonglong),
        ("wall_ns", ctypes.c_ulonglong), ("cpu_ns", ctypes.c_ulonglong),
    ]


def measure_in_process(options):
    # The C++ side in the same process; CDLL gives the GIL up while a function of it runs.
    library = ctypes.CDLL(options.library)
    if options.direction == "to-c++":
        if library.bench_in_process_serve(b"inproc:bench-cpp") != 0:
            sys.exit("the C++ server did not start")
        return measure_python_caller("inproc:bench-cpp", options)
    with polycall.Server() as server:
        server.add(make_handlers())
        server.listen("inproc:bench-python")
        server.start()
        result = InProcessResult()
        if library.bench_in_process_measure(
            b"inproc:bench-python", ctypes.c_size_t(options.payload),
            ctypes.c_double(options.seconds), ctypes.byref(result),
        ) != 0:
            sys.exit("the C++ caller failed")
    return {
        "calls": result.calls, "p50_ns": result.p50_ns, "p99_ns": result.p99_ns,
        "wall_ns": result.wall_ns, "client_cpu_ns": result.cpu_ns, "server_cpu_ns": 0,
    }


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("role", choices=("server", "client"))
    parser.add_argument("--target")
    parser.add_argument("--bench", default="latency", choices=("latency", "inproc"))
    parser.add_argument("--payload", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--max-calls", type=int, default=2_000_000)
    parser.add_argument("--pin", type=int, default=-1)
    parser.add_argument("--server-pid", type=int, default=0)
    parser.add_argument("--direction", choices=("to-c++", "from-c++"), default="to-c++")
    parser.add_argument("--library", help="bench_in_process.so")
    options = parser.parse_args()
    if not 0 <= options.payload <= PAYLOAD_LIMIT or not 0 < options.seconds <= 600:
        parser.error("--payload or --seconds is out of range")
    if options.bench == "inproc" and not options.library:
        parser.error("--bench inproc needs --library")
    if options.bench != "inproc" and not options.target:
        parser.error("--target is needed")
    return options


def main():
    options = parse_arguments()
    if options.pin >= 0:
        os.sched_setaffinity(0, {options.pin})
    if options.role == "server":
        # Before any thread exists, so that only sigtimedwait takes them.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
        serve(options)
        return
    signal.alarm(60 + 4 * int(options.seconds))
    if options.bench == "inproc":
        result = measure_in_process(options)
    else:
        result = measure_python_caller(options.target, options)
    print(json.dumps({"peer": "polycall", "bench": options.bench, "payload": options.payload, **result}))


if __name__ == "__main__":
    main()
