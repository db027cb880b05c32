"""Which cells there are."""

import dataclasses
import unittest

from runner.cells import plan
from runner.transports import Transport
from runner_tests.support import ALPHA, BETA, CASES, GAMMA, UNIX

PEER, OTHER_PEER = (dataclasses.replace(language, peer=True) for language in (BETA, GAMMA))
GRPC = Transport("grpc", "unix:{folder}/{number}")


class PlanTest(unittest.TestCase):
    def test_a_peer_meets_only_our_languages_and_only_over_grpc(self):
        languages = (ALPHA, PEER, OTHER_PEER)
        cells = plan(languages, languages, (UNIX, GRPC), CASES[:1])
        found = {(cell.transport.name, cell.client.name, cell.server.name) for cell in cells}
        self.assertEqual(found, {
            ("unix", "alpha", "alpha"), ("grpc", "alpha", "alpha"),
            ("grpc", "alpha", "beta"), ("grpc", "beta", "alpha"),
            ("grpc", "alpha", "gamma"), ("grpc", "gamma", "alpha")})


if __name__ == "__main__":
    unittest.main()
