"""What stands between a client and a server where one is gRPC's, and how PolyCall finds out that it is."""

import unittest

import peers

# tests/interop/runner/cases.py says what they are. No server ends these calls before the client has
# half-closed: haproxy then cancels them at gRPC's client, whoever serves.
CASES = ("empty_unary", "large_unary", "ping_pong", "custom_metadata", "special_status_message",
         "client_streaming")


class TargetTest(unittest.TestCase):
    def test_a_host_and_port_where_only_grpc_is_spoken_is_reached_by_grpc(self):
        with peers.Server("grpcio") as server:
            self.assertEqual(peers.run_cases("cpp", server.address, CASES), {})


class ProxyTest(unittest.TestCase):
    """Both makes of client reach PolyCall's server through a proxy."""

    def check(self, proxy):
        with peers.Server("cpp") as server, proxy(server.address) as between:
            for language in ("cpp", "grpcio"):
                with self.subTest(language):
                    self.assertEqual(
                        peers.run_cases(language, f"grpc://{between.address}", CASES), {})

    def test_nginx(self):
        self.check(peers.nginx)

    def test_haproxy(self):
        self.check(peers.haproxy)


if __name__ == "__main__":
    unittest.main()
