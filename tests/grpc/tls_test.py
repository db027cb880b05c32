"""gRPC inside TLS: a client of gRPC's and PolyCall's server, each with a certificate."""

import pathlib
import tempfile
import unittest

import peers

# tests/interop/runner/cases.py says what they are.
CASES = ("empty_unary", "large_unary", "client_streaming", "server_streaming", "ping_pong",
         "custom_metadata", "status_code_and_message", "cancel_after_first_response")


class TlsTest(unittest.TestCase):
    def test_calls_inside_tls_are_answered(self):
        with tempfile.TemporaryDirectory(prefix="polycall-grpc-") as folder:
            tls = pathlib.Path(folder, "tls")
            peers.certificates.make(tls)
            with peers.Server("cpp", str(tls)) as server:
                self.assertEqual(
                    peers.run_cases("grpcio", f"grpc://{server.address}", CASES, str(tls)), {})


if __name__ == "__main__":
    unittest.main()
