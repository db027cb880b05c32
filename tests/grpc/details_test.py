"""What travels beside a message between gRPC's library (grpcio) and PolyCall: a status's details, and
answers that their server compresses. PolyCall's sides are tests/cli's calc_server and the polycall command."""

import json
import socket
import subprocess
import threading
import unittest
from concurrent import futures

import grpc

import peers

CALC_SERVER = peers.BUILD / "tests/cli/calc_server"
TOOL = peers.BUILD / "bin/polycall"
PROTO = peers.SOURCE / "tests/cli/calc.proto"
METHOD = "/calc.v1.Calc/"


def _field(number: int, value: bytes) -> bytes:
    return bytes([number << 3 | 2, len(value)]) + value


# A google.rpc.Status of code 9 and text "broken" with a calc.v1.AddRequest {a: 7} in its details; byte
# for byte it is also a calc.v1.FailRequest.
_DETAIL = _field(1, b"type.googleapis.com/calc.v1.AddRequest") + _field(2, b"\x08\x07")
STATUS = b"\x08\x09" + _field(2, b"broken") + _field(3, _DETAIL)


class CalcOfGrpc(grpc.GenericRpcHandler):
    """grpcio's server of calc.v1.Calc: Fail ends with the details, Echo sends back what it was given."""

    def service(self, call):
        return {
            METHOD + "Fail": grpc.unary_unary_rpc_method_handler(self._fail),
            METHOD + "Echo": grpc.unary_unary_rpc_method_handler(self._echo),
        }.get(call.method)

    @staticmethod
    def _fail(_, context):
        context.set_trailing_metadata((("grpc-status-details-bin", STATUS),))
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "broken")

    @staticmethod
    def _echo(request, context):
        context.set_compression(grpc.Compression.Gzip)
        return request


class Relay:
    """Stands between one caller and a server, and counts the bytes of the server's answers."""

    def __init__(self, backend):
        host, _, port = backend.rpartition(":")
        self.answered = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        self._backend = (host, int(port))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        caller, _ = self._listener.accept()
        with caller, socket.create_connection(self._backend, peers.PATIENCE) as server:
            asking = threading.Thread(target=self._pump, args=(caller, server), daemon=True)
            asking.start()
            while data := server.recv(65536):
                self.answered += len(data)
                caller.sendall(data)
            asking.join()

    @staticmethod
    def _pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one of them has gone

    def close(self):
        self._thread.join(peers.PATIENCE)
        self._listener.close()


@unittest.skipUnless(CALC_SERVER.exists() and TOOL.exists(), "built without the polycall command")
class DetailsTest(unittest.TestCase):
    def call(self, address, method, message):
        return subprocess.run(
            [TOOL, "call", f"grpc://{address}", "calc.v1.Calc/" + method, json.dumps(message),
             "--proto", PROTO, "--json"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=peers.PATIENCE,
            check=False)

    def serve_by_grpc(self):
        server = grpc.server(futures.ThreadPoolExecutor(2), handlers=(CalcOfGrpc(),))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self.addCleanup(lambda: server.stop(0).wait())
        return f"127.0.0.1:{port}"

    def serve_by_polycall(self):
        process = subprocess.Popen([CALC_SERVER, "tcp://127.0.0.1:0"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)

        def end():
            process.stdin.close()
            process.wait(peers.PATIENCE)
            process.stdout.close()

        self.addCleanup(end)
        return process.stdout.readline().strip().rpartition("/")[2]

    def test_grpcs_client_gets_the_details_of_our_status(self):
        address = self.serve_by_polycall()
        with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
            with self.assertRaises(grpc.RpcError) as failed:
                channel.unary_unary(METHOD + "Fail")(STATUS, timeout=peers.PATIENCE)
        self.assertEqual(failed.exception.code(), grpc.StatusCode.FAILED_PRECONDITION)
        self.assertEqual(failed.exception.details(), "broken")
        trailing = dict(failed.exception.trailing_metadata())
        self.assertEqual(trailing.get("grpc-status-details-bin"), STATUS)

    def test_our_client_gets_the_details_of_grpcs_status(self):
        done = self.call(self.serve_by_grpc(), "Fail", {})
        error = json.loads(done.stderr)["error"]
        self.assertEqual((error["status"], error["message"]), ("FAILED_PRECONDITION", "broken"))
        self.assertEqual(
            error["details"], [{"@type": "type.googleapis.com/calc.v1.AddRequest", "a": 7}])

    def test_our_client_takes_what_grpcs_server_compressed(self):
        text = "so it repeats. " * 5000
        relay = Relay(self.serve_by_grpc())
        done = self.call(relay.address, "Echo", {"text": text})
        relay.close()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout), {"text": text})
        self.assertLess(relay.answered, len(text) // 4)


if __name__ == "__main__":
    unittest.main()
