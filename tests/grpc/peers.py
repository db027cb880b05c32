"""Both ends for the tests of this folder: PolyCall's C++ testee of tests/interop as client and server,
gRPC's Python library (grpcio) as the other side, and proxies to put between them."""

import concurrent.futures
import importlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import grpc

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("POLYCALL_BUILD", SOURCE / "build/release"))
sys.path.insert(0, str(SOURCE / "tests/interop"))
from runner import certificates, languages  # noqa: E402 (the path comes first)

# The testees that were built; C++ is always there.
LANGUAGES = {one.name: one for one in languages.LANGUAGES if not one.missing(BUILD)}
PATIENCE = 60  # seconds that only a hang takes

_generated = tempfile.mkdtemp(prefix="polycall-grpc-")
subprocess.run(
    ["protoc", f"-I{SOURCE}/tests/interop/proto", f"-I{SOURCE}/idl", f"--python_out={_generated}",
     "empty.proto", "messages.proto", "grpc/health/v1/health.proto"], check=True)
# Not as a package: grpc is grpcio's name.
shutil.move(f"{_generated}/grpc/health/v1/health_pb2.py", f"{_generated}/health_pb2.py")
shutil.rmtree(f"{_generated}/grpc")
sys.path.insert(0, _generated)
empty_pb2 = importlib.import_module("empty_pb2")
messages_pb2 = importlib.import_module("messages_pb2")
health_pb2 = importlib.import_module("health_pb2")
shutil.rmtree(_generated)

Empty = empty_pb2.Empty
INITIAL_KEY = "x-grpc-test-echo-initial"
TRAILING_KEY = "x-grpc-test-echo-trailing-bin"

# Kind, request, response of each method of grpc.testing.TestService.
METHODS = {
    "EmptyCall": ("unary_unary", Empty, Empty),
    "UnaryCall": ("unary_unary", messages_pb2.SimpleRequest, messages_pb2.SimpleResponse),
    "StreamingOutputCall": ("unary_stream", messages_pb2.StreamingOutputCallRequest,
                            messages_pb2.StreamingOutputCallResponse),
    "StreamingInputCall": ("stream_unary", messages_pb2.StreamingInputCallRequest,
                           messages_pb2.StreamingInputCallResponse),
    "FullDuplexCall": ("stream_stream", messages_pb2.StreamingOutputCallRequest,
                       messages_pb2.StreamingOutputCallResponse),
    "HalfDuplexCall": ("stream_stream", messages_pb2.StreamingOutputCallRequest,
                       messages_pb2.StreamingOutputCallResponse),
    "UnimplementedCall": ("unary_unary", Empty, Empty),
}


class Stub:
    """The methods of TestService on a grpcio channel, as attributes."""

    def __init__(self, channel):
        for name, (kind, request, response) in METHODS.items():
            setattr(self, name, getattr(channel, kind)(
                f"/grpc.testing.TestService/{name}",
                request_serializer=request.SerializeToString,
                response_deserializer=response.FromString))


class PolyCallServer:
    """A testee's server. `address` is host:port. `tls`: a folder of certificates, which makes it demand
    one of its callers."""

    def __init__(self, language: str = "cpp", tls: str | None = None):
        self._language, self._tls = LANGUAGES[language], tls

    def __enter__(self):
        scheme = "tls" if self._tls else "tcp"
        environment = self._language.environ(BUILD)
        if self._tls:
            environment["INTEROP_TLS"] = self._tls
        self._process = subprocess.Popen(
            [*self._language.command(BUILD), "server", "--target", f"{scheme}://127.0.0.1:0"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        line = self._process.stdout.readline().split()
        self.address = line[1].partition("://")[2]
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._process.stdout.close()


def run_cases(target: str, cases, language: str = "cpp") -> dict[str, str]:
    """Runs a testee's client. The cases that did not pass, each with what the client printed."""
    testee = LANGUAGES[language]
    done = subprocess.run(
        [*testee.command(BUILD), "client", "--target", target, "--case", ",".join(cases), "--token",
         "t"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=2 * PATIENCE,
        env={**testee.environ(BUILD), "INTEROP_TRANSPORT": "grpc"}, check=False)
    return {case: done.stdout for case in cases if f"case {case} passed" not in done.stdout}


def _echo(request, context):
    metadata = dict(context.invocation_metadata())
    if INITIAL_KEY in metadata:
        context.send_initial_metadata([(INITIAL_KEY, metadata[INITIAL_KEY])])
    if TRAILING_KEY in metadata:
        context.set_trailing_metadata([(TRAILING_KEY, metadata[TRAILING_KEY])])
    if request is not None:
        _abort_if_asked(request, context)


def _abort_if_asked(request, context):
    wanted = request.response_status
    if wanted.code != 0:
        code = next(code for code in grpc.StatusCode if code.value[0] == wanted.code)
        context.abort(code, wanted.message)


def _outputs(request):
    for wanted in request.response_parameters:
        time.sleep(wanted.interval_us / 1e6)
        yield messages_pb2.StreamingOutputCallResponse(
            payload=messages_pb2.Payload(body=bytes(wanted.size)))


def _unary(request, context):
    _echo(request, context)
    return messages_pb2.SimpleResponse(
        payload=messages_pb2.Payload(body=bytes(request.response_size)))


def _output(request, context):
    _echo(request, context)
    yield from _outputs(request)


def _input(requests, context):
    return messages_pb2.StreamingInputCallResponse(
        aggregated_payload_size=sum(len(request.payload.body) for request in requests))


def _full(requests, context):
    _echo(None, context)
    for request in requests:
        _abort_if_asked(request, context)
        yield from _outputs(request)


def _half(requests, context):
    for request in list(requests):
        yield from _outputs(request)


class GrpcServer:
    """grpcio's server of TestService. `address` is host:port."""

    def __enter__(self):
        functions = {
            "EmptyCall": lambda request, context: Empty(), "UnaryCall": _unary,
            "StreamingOutputCall": _output, "StreamingInputCall": _input,
            "FullDuplexCall": _full, "HalfDuplexCall": _half}
        handlers = {}
        for name, function in functions.items():
            kind, request, response = METHODS[name]
            handlers[name] = getattr(grpc, f"{kind}_rpc_method_handler")(
                function, request_deserializer=request.FromString,
                response_serializer=response.SerializeToString)
        self._server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=64))
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("grpc.testing.TestService", handlers),))
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()
        return self

    def __exit__(self, *_):
        self._server.stop(None).wait(PATIENCE)


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
