"""Starts and ends the measured processes: each by its own pid, each bounded in time."""

import json
import os
import select
import signal
import subprocess
import tempfile
import time

from plan import FLOORS

START_SECONDS = 20
CORE_OF_CLIENT = 0


class BenchError(Exception):
    """A program failed; the text says which and what it printed."""


def core_of_server(placement):
    return CORE_OF_CLIENT if placement == "same" else 1


def _describe(command, stderr):
    tail = stderr.strip().splitlines()[-6:]
    return f"{' '.join(command)}\n    " + "\n    ".join(tail or ["(it printed nothing)"])


class Process:
    """A program that prints "READY <address>" and then stays until it is told to end."""

    def __init__(self, command, environment=None):
        self.command = list(command)
        self._errors = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors,
            env=environment,
        )
        line = self._first_line()
        if not line.startswith("READY "):
            self.end()
            raise BenchError(f"did not start: {_describe(self.command, self.errors())}")
        self.address = line.split(maxsplit=1)[1].strip()

    def _first_line(self):
        output = self._process.stdout.fileno()
        end = time.monotonic() + START_SECONDS
        text = b""
        while not text.endswith(b"\n"):
            ready, _, _ = select.select([output], [], [], max(0, end - time.monotonic()))
            part = os.read(output, 4096) if ready else b""
            if not part:
                break
            text += part
        return text.decode("utf-8", "replace")

    @property
    def pid(self):
        return self._process.pid

    def errors(self):
        self._errors.seek(0)
        return self._errors.read()

    def end(self):
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(5)
        self._process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def run_json(command, seconds):
    """Runs `command` for at most `seconds` and returns the JSON object it printed last."""
    try:
        done = subprocess.run(
            list(command), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"no end in {seconds:.0f} s: {' '.join(command)}") from error
    except OSError as error:
        raise BenchError(f"cannot run {command[0]}: {error.strerror}") from error
    if done.returncode != 0:
        raise BenchError(f"exit code {done.returncode}: {_describe(command, done.stderr)}")
    try:
        return json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError) as error:
        raise BenchError(f"printed no JSON: {' '.join(command)}") from error


def make_certificate(folder):
    """A certificate for 127.0.0.1 that is its own authority: server.pem and server.key in `folder`, which
    the programs find by $BENCH_TLS."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", f"{folder}/server.key", "-out", f"{folder}/server.pem"],
        check=True, capture_output=True, timeout=60,
    )
    os.environ["BENCH_TLS"] = str(folder)


def server_command(peer, transport, placement, folder):
    """The command line that serves `peer` on a fresh address in `folder`."""
    slug = peer.label.replace(" ", "-").replace(">", "")
    socket = f"{folder}/{slug}-{placement}.sock"
    target = {
        "unix": f"unix:{socket}",
        # PolyCall's ends agree on shared memory over a unix socket.
        "shm": f"{'shm' if peer.name in FLOORS else 'unix'}:{socket}",
        "tls": "tls://127.0.0.1:0",
    }.get(transport, "tcp://127.0.0.1:0")
    command = list(peer.server)
    if "server" not in command:
        command.append("server")
    command += ["--target", target, "--pin", str(core_of_server(placement))]
    return command + (["--variant", peer.variant] if peer.variant else [])


def client_command(peer, bench, payload, seconds, server=None):
    """The command line of one measurement; `server`: a Process, None for inproc."""
    command = list(peer.in_process if bench == "inproc" and peer.in_process else peer.client)
    if "client" not in command:
        command.append("client")
    command += ["--bench", bench, "--payload", str(payload), "--seconds", f"{seconds:g}"]
    command += ["--pin", str(CORE_OF_CLIENT)]
    if server is not None:
        address = server.address
        if peer.calls_by:
            address = peer.calls_by + address[address.index(":"):]
        command += ["--target", address, "--server-pid", str(server.pid)]
    return command + (["--variant", peer.variant] if peer.variant else [])
