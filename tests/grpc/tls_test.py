"""gRPC inside TLS: a client of gRPC's and PolyCall's server, each with a certificate."""

import pathlib
import tempfile
import unittest

import grpc

import peers
from client_test import check_calls


class TlsTest(unittest.TestCase):
    def test_calls_inside_tls_are_answered(self):
        with tempfile.TemporaryDirectory(prefix="polycall-grpc-") as folder:
            tls = pathlib.Path(folder, "tls")
            peers.certificates.make(tls)
            files = [pathlib.Path(tls, name).read_bytes()
                     for name in ("ca.pem", "client.key", "client.pem")]
            with peers.PolyCallServer(tls=str(tls)) as server, grpc.secure_channel(
                    server.address, grpc.ssl_channel_credentials(*files)) as channel:
                check_calls(self, peers.Stub(channel))


if __name__ == "__main__":
    unittest.main()
