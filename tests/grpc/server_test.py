"""PolyCall's client calls a server of gRPC's, with nothing or a proxy between them."""

import unittest

import grpc

import peers

# gRPC's own cases; tests/interop/runner/cases.py says what they are.
CASES = ("empty_unary", "large_unary", "client_streaming", "server_streaming", "ping_pong",
         "empty_stream", "custom_metadata", "status_code_and_message", "special_status_message",
         "unimplemented_method", "unimplemented_service", "cancel_after_begin",
         "cancel_after_first_response", "timeout_on_sleeping_server", "rpc_soak")


class ServerTest(unittest.TestCase):
    def check(self, address: str, cases=CASES, target="grpc://{}", language="cpp"):
        self.assertEqual(peers.run_cases(target.format(address), cases, language), {})

    def test_grpcio_serves_the_cases_of_every_language(self):
        with peers.GrpcServer() as server:
            for language in peers.LANGUAGES:
                with self.subTest(language):
                    self.check(server.address, language=language)

    def test_a_host_and_port_where_only_grpc_is_spoken_is_reached_by_grpc(self):
        with peers.GrpcServer() as server:
            self.check(server.address, CASES[:1] + CASES[2:3], target="{}")

    def test_polycall_serves_our_cases_over_grpc(self):
        with peers.PolyCallServer() as server:
            self.check(server.address)


class ProxyTest(unittest.TestCase):
    """Both makes of client reach PolyCall's server through a proxy."""

    def check(self, proxy):
        with peers.PolyCallServer() as server, proxy(server.address) as between:
            ServerTest.check(self, between.address,
                             ("empty_unary", "large_unary", "ping_pong", "custom_metadata",
                              "status_code_and_message", "client_streaming"))
            with grpc.insecure_channel(between.address) as channel:
                answer = peers.Stub(channel).UnaryCall(
                    peers.messages_pb2.SimpleRequest(response_size=100_000), timeout=peers.PATIENCE)
                self.assertEqual(len(answer.payload.body), 100_000)

    def test_nginx(self):
        self.check(peers.nginx)

    def test_haproxy(self):
        self.check(peers.haproxy)


if __name__ == "__main__":
    unittest.main()
