"""Which transports may be used, who a caller is, and who may call."""

import os
import unittest

import polycall
from calc_pb2 import AddReply
from calc_polycall import CalcClient, CalcService
from support import PATIENCE, AddRequest, inproc_target, tcp_target, unix_target

OWN = f"UID:{os.getuid()}"
STRANGER = f"UID:{os.getuid() + 1}"
SERVICE = "calc.v1.Calc"


class Door(CalcService):
    """Remembers who called."""

    caller = None

    def add(self, request, context):
        self.caller = context.identity
        return AddReply()


class House:
    """A server with a door."""

    def __init__(self, target, allow=(), **options):
        self.door = Door()
        self.server = polycall.Server(shutdown_grace=1.0, **options)
        self.server.add(self.door)
        for service, identities in allow:
            self.server.allow(service, identities)
        self.target = self.server.listen(target)
        self.server.start()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.server.close()

    def call(self, **options):
        """The transport that the call took."""
        with polycall.Channel(self.target, max_attempts=1, **options) as channel:
            CalcClient(channel).add(AddRequest(), timeout=PATIENCE)
            return channel.transport


def certificates(role, **more):
    folder = os.environ["POLYCALL_TEST_CERTIFICATES"]  # ctest makes them first
    return polycall.TlsOptions(
        ca_file=f"{folder}/ca.pem",
        certificate_file=f"{folder}/{role}.pem",
        key_file=f"{folder}/{role}.key",
        **more,
    )


class Transports(unittest.TestCase):
    def test_a_channel_keeps_to_those_that_it_is_told(self):
        with House(unix_target()) as house:
            self.assertEqual(house.call(transports=["unix"]), "unix")
            with self.assertRaisesRegex(polycall.StatusError, "unix"):
                house.call(transports=["tcp"])

    def test_unknown_names_are_refused(self):
        with self.assertRaisesRegex(polycall.InvalidArgumentError, "pigeon"):
            polycall.Channel("tcp://127.0.0.1:1", transports=["pigeon"])
        with self.assertRaisesRegex(polycall.InvalidArgumentError, "pigeon"):
            polycall.Server(transports=["pigeon"])
        with self.assertRaisesRegex(TypeError, "not one str"):
            polycall.Server(transports="unix")

    def test_what_is_no_balancing_or_tls_is_refused(self):
        with self.assertRaises(polycall.InvalidArgumentError):
            polycall.Channel("tcp://127.0.0.1:1", balancing=9)
        with self.assertRaisesRegex(TypeError, "TlsOptions"):
            polycall.Channel("tls://127.0.0.1:1", tls={"ca_file": "x"})


class Identities(unittest.TestCase):
    def test_within_a_host_the_kernel_says_who_calls(self):
        for target in (unix_target(), inproc_target()):
            with House(target) as house:
                house.call()
                self.assertIsNone(house.door.caller.subject)
                self.assertIn(OWN, house.door.caller.names)

    def test_over_plain_tcp_nobody_vouches_for_a_caller(self):
        with House(tcp_target()) as house:
            house.call(transports=["tcp"])
            self.assertIsNone(house.door.caller)

    def test_an_interceptor_sees_it_too(self):
        seen = []

        class Witness(polycall.Interceptor):
            def started(self, call, metadata):
                seen.append(call.identity)

        with House(unix_target(), interceptors=[Witness()]) as house:
            house.call()
        self.assertIn(OWN, seen[0].names)

    def test_over_tls_it_is_the_callers_certificate(self):
        tls = certificates("server", require_client_certificate=True)
        with House("tls://127.0.0.1:0", tls=tls) as house:
            self.assertEqual(house.call(tls=certificates("client")), "tls")
            self.assertEqual(house.door.caller.subject, "CN=interop client")
            self.assertIn("URI:spiffe://polycall.test/interop-client", house.door.caller.names)
            folder = os.environ["POLYCALL_TEST_CERTIFICATES"]
            with self.assertRaises(polycall.StatusError):
                house.call(tls=polycall.TlsOptions(ca_file=f"{folder}/ca.pem"))
            with self.assertRaisesRegex(polycall.StatusError, "/no/such/file.pem"):
                house.call(tls=polycall.TlsOptions(ca_file="/no/such/file.pem"))


class Allowing(unittest.TestCase):
    def test_only_those_on_the_list_may_call(self):
        with House(unix_target(), allow=[(SERVICE, [STRANGER])]) as house:
            with self.assertRaises(polycall.PermissionDeniedError):
                house.call()
        with House(unix_target(), allow=[("", [STRANGER, OWN])]) as house:
            house.call()

    def test_what_is_no_identity_or_no_service_is_refused(self):
        with polycall.Server() as server:
            server.add(Door())
            with self.assertRaisesRegex(polycall.InvalidArgumentError, "everybody"):
                server.allow(SERVICE, ["everybody"])
            with self.assertRaises(polycall.NotFoundError):
                server.allow("no.such.Service", [OWN])
            with self.assertRaisesRegex(TypeError, "not one str"):
                server.allow(SERVICE, OWN)


if __name__ == "__main__":
    unittest.main()
