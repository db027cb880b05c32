"""HTTP/1.1 inside TLS, on the port that native and gRPC callers use: curl with a certificate."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SERVER = os.environ["POLYCALL_INTEROP_SERVER"]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "interop"))
from runner import certificates  # noqa: E402 (the path comes first)

WAIT_S = 60  # for what must happen; reached only when something is broken


class HttpsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tls = pathlib.Path(cls.enterClassContext(
            tempfile.TemporaryDirectory(prefix="polycall-https-")), "tls")
        certificates.make(cls.tls)
        cls.process = subprocess.Popen(
            [SERVER, "server", "--target", "tls://127.0.0.1:0"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, env={**os.environ, "INTEROP_TLS": str(cls.tls)})
        cls.address = cls.process.stdout.readline().split()[1].partition("://")[2]

    @classmethod
    def tearDownClass(cls):
        cls.process.stdin.close()
        cls.process.wait(WAIT_S)
        cls.process.stdout.close()

    def curl(self, path, *options, certificate=True):
        own = ["--cert", self.tls / "client.pem", "--key", self.tls / "client.key"]
        return subprocess.run(
            ["curl", "-sS", "--cacert", self.tls / "ca.pem", *(own if certificate else []), *options,
             f"https://{self.address}{path}"],
            capture_output=True, timeout=WAIT_S, check=False)

    def test_health_and_capabilities_are_told(self):
        self.assertEqual(json.loads(self.curl("/health").stdout)["status"], "SERVING")
        self.assertIn("grpc.testing.TestService", self.curl("/capabilities").stdout.decode())

    def test_a_json_call_is_answered(self):
        done = self.curl("/grpc.testing.TestService/UnaryCall", "--http1.1", "-H",
                         "Content-Type: application/json", "--data", '{"responseSize": 3}')
        self.assertEqual(json.loads(done.stdout), {"payload": {"body": "AAAA"}}, done.stderr)

    def test_who_has_no_certificate_is_refused(self):
        done = self.curl("/health", certificate=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, b"")


if __name__ == "__main__":
    unittest.main()
