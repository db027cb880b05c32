"""Both ends for the tests of this folder, which are testees of tests/interop: PolyCall's of C++, and gRPC's
Python library (grpcio) as the other side. And proxies to put between them."""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("POLYCALL_BUILD", SOURCE / "build/release"))
sys.path.insert(0, str(SOURCE / "tests/interop"))
from runner import certificates, languages  # noqa: E402 (the path comes first)

_LANGUAGES = {language.name: language for language in languages.LANGUAGES}
# Where the messages and stubs of grpcio's testee are.
sys.path.insert(0, _LANGUAGES["grpcio"].environ(BUILD)["PYTHONPATH"])
PATIENCE = 60  # seconds that only a hang takes


def _environment(language: str, tls: str | None, **others) -> dict[str, str]:
    certified = {"INTEROP_TLS": tls} if tls else {}
    return {**_LANGUAGES[language].environ(BUILD), **certified, **others}


class Server:
    """A testee's server. `address` is host:port. `tls`: a folder of certificates, which makes it demand
    one of its callers."""

    def __init__(self, language: str, tls: str | None = None):
        self._language, self._tls = language, tls

    def __enter__(self):
        scheme = "tls" if self._tls else "tcp"
        self._process = subprocess.Popen(
            [*_LANGUAGES[self._language].command(BUILD), "server", "--target",
             f"{scheme}://127.0.0.1:0"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=_environment(self._language, self._tls))
        self.address = self._process.stdout.readline().split()[1].partition("://")[2]
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._process.stdout.close()


def run_cases(language: str, target: str, cases, tls: str | None = None) -> dict[str, str]:
    """Runs a testee's client. The cases that did not pass, each with what the client printed. `cases`
    are two or more of tests/interop/runner/cases.py."""
    done = subprocess.run(
        [*_LANGUAGES[language].command(BUILD), "client", "--target", target, "--case",
         ",".join(cases), "--token", "t"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=2 * PATIENCE,
        env=_environment(language, tls, INTEROP_TRANSPORT="grpc"), check=False)
    return {case: done.stdout for case in cases if f"case {case} passed" not in done.stdout}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Proxy:
    """A proxy between callers of `address` and `backend`. `command` and `text` of its configuration
    may name {folder}, {port} and {backend}."""

    def __init__(self, command: list[str], text: str, backend: str):
        self._command, self._text, self._backend = command, text, backend

    def __enter__(self):
        # Somebody else may take the port before the proxy does: then another.
        for _ in range(10):
            self._folder = tempfile.mkdtemp(prefix="polycall-proxy-")
            names = {"folder": self._folder, "port": _free_port(), "backend": self._backend}
            config = pathlib.Path(self._folder, "config")
            config.write_text(self._text % names)
            self._process = subprocess.Popen(
                [word % names for word in self._command], stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
            self.address = f"127.0.0.1:{names['port']}"
            if self._listens(names["port"]):
                return self
            self.__exit__()
        raise RuntimeError(f"{self._command[0]} does not start")

    def _listens(self, port: int) -> bool:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return True
            time.sleep(0.02)
        return False

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(PATIENCE)
        shutil.rmtree(self._folder, ignore_errors=True)


def nginx(backend: str) -> Proxy:
    return Proxy(
        ["nginx", "-e", "stderr", "-p", "%(folder)s", "-c", "%(folder)s/config"],
        """daemon off; pid %(folder)s/pid; error_log stderr; worker_processes 1;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path %(folder)s/body; proxy_temp_path %(folder)s/proxy;
  fastcgi_temp_path %(folder)s/fastcgi; uwsgi_temp_path %(folder)s/uwsgi;
  scgi_temp_path %(folder)s/scgi;
  client_max_body_size 0;
  server { listen 127.0.0.1:%(port)d http2; location / { grpc_pass grpc://%(backend)s; } }
}
""", backend)


def haproxy(backend: str) -> Proxy:
    return Proxy(
        ["haproxy", "-db", "-f", "%(folder)s/config"],
        """defaults
  mode http
  timeout connect 10s
  timeout client 60s
  timeout server 60s
frontend callers
  bind 127.0.0.1:%(port)d proto h2
  default_backend servers
backend servers
  server one %(backend)s proto h2
""", backend)
