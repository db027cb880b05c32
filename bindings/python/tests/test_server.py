"""Servers and channels: what they are told, and what they tell."""

import logging
import threading
import unittest

import polycall
from calc_pb2 import AddReply
from calc_polycall import CalcClient, CalcService
from support import PATIENCE, AddRequest, Calc, Jobs, inproc_target, serving, tcp_target
from support import unix_target


class Recorder(polycall.Interceptor):
    def __init__(self):
        self.events = []

    def started(self, call, metadata):
        call.mine = len(self.events)
        self.events.append(("started", call.service, call.method, call.kind))
        metadata.add("x-key", "intercepted")

    def message(self, call, message, sent):
        self.events.append(("message", sent))

    def finished(self, call, status):
        self.events.append(("finished", status.code.name, hasattr(call, "mine")))


class Handlers(unittest.TestCase):
    def test_a_cancelled_generator_has_ended_when_shutdown_returns(self):
        ended = []

        class Endless(CalcService):
            def count(self, request, context):
                try:
                    while True:
                        yield AddReply(value=1)
                finally:
                    ended.append(True)

        server = polycall.Server()
        server.add(Endless())
        target = server.listen(tcp_target())
        server.start()
        with polycall.Channel(target) as channel:
            with CalcClient(channel).count(AddRequest(a=1), timeout=PATIENCE) as replies:
                next(replies)
        server.shutdown(grace=PATIENCE)
        self.assertEqual(ended, [True])


class Interceptors(unittest.TestCase):
    def test_a_callers_interceptor_sees_and_adds(self):
        recorder = Recorder()
        with serving(Calc()) as target:
            with polycall.Channel(target, interceptors=[recorder]) as channel:
                info = polycall.CallInfo()
                request = AddRequest(text="metadata")
                CalcClient(channel).odd(
                    request, metadata={"x-key-bin": b"1"}, info=info, timeout=PATIENCE
                )
                self.assertEqual(info.initial_metadata.get("x-first"), "intercepted")
        self.assertEqual(recorder.events[0], ("started", "calc.v1.Calc", "Odd", polycall.UNARY))
        self.assertEqual(recorder.events[1:3], [("message", True), ("message", False)])
        self.assertEqual(recorder.events[3], ("finished", "OK", True))

    def test_a_servers_interceptor_may_refuse(self):
        class Guard(polycall.Interceptor):
            def started(self, call, metadata):
                if metadata.get("x-token") != "secret":
                    raise polycall.UnauthenticatedError("no token")

        with serving(Calc(), interceptors=[Guard()]) as target:
            with polycall.Channel(target) as channel:
                calc = CalcClient(channel)
                with self.assertRaisesRegex(polycall.UnauthenticatedError, "no token"):
                    calc.add(AddRequest(), timeout=PATIENCE)
                reply = calc.add(AddRequest(a=1), metadata={"x-token": "secret"}, timeout=PATIENCE)
                self.assertEqual(reply.value, 1)

    def test_an_interceptor_may_change_the_status(self):
        class Hide(polycall.Interceptor):
            def finished(self, call, status):
                if status.code == polycall.StatusCode.UNKNOWN:
                    return polycall.Status(polycall.StatusCode.INTERNAL, "something broke")
                return None

        logging.getLogger("polycall").setLevel(logging.CRITICAL)
        with serving(Calc(), interceptors=[Hide()]) as target:
            with polycall.Channel(target) as channel:
                with self.assertRaisesRegex(polycall.InternalError, "something broke"):
                    CalcClient(channel).odd(AddRequest(text="raise"), timeout=PATIENCE)


class Servers(unittest.TestCase):
    def test_one_server_listens_in_several_places(self):
        with polycall.Server() as server:
            server.add(Calc())
            targets = [server.listen(t()) for t in (inproc_target, unix_target, tcp_target)]
            server.start()
            for target in targets:
                with polycall.Channel(target) as channel:
                    reply = CalcClient(channel).add(AddRequest(a=1), timeout=PATIENCE)
                    self.assertEqual(reply.value, 1)
            self.assertGreaterEqual(server.stats()["calls_started"], 3)

    def test_a_service_is_added_once(self):
        with polycall.Server() as server:
            server.add(Calc())
            with self.assertRaises(polycall.AlreadyExistsError):
                server.add(Calc())

    def test_what_is_no_service_is_refused(self):
        with polycall.Server() as server:
            with self.assertRaisesRegex(TypeError, "is no service"):
                server.add(object())

    def test_targets_that_cannot_be_are_refused(self):
        with polycall.Server() as server:
            with self.assertRaises(polycall.StatusError):
                server.listen("no target at all://")
            with self.assertRaises(polycall.StatusError):
                server.listen("unix:/" + "long/" * 60)
        with self.assertRaises(polycall.InvalidArgumentError):
            polycall.Channel("tcp://no-port")

    def test_options_that_are_none_are_refused(self):
        with self.assertRaisesRegex(TypeError, "max_mesage_size"):
            polycall.Channel("unix:/x", max_mesage_size=1)
        with self.assertRaisesRegex(ValueError, "call_window"):
            polycall.Server(call_window=-1)

    def test_limits_have_names_in_errors(self):
        with serving(Calc(), max_message_size=4096) as target:
            with polycall.Channel(target) as channel:
                with self.assertRaisesRegex(polycall.ResourceExhaustedError, "max_message_size"):
                    CalcClient(channel).add(AddRequest(text="x" * 10_000), timeout=PATIENCE)

    def test_waiting_is_bounded(self):
        with polycall.Server() as server:
            server.add(Calc())
            server.listen(unix_target())
            server.start()
            self.assertFalse(server.wait(timeout=0.01))
            server.shutdown()
            self.assertTrue(server.wait(timeout=PATIENCE))

    def test_shutdown_lets_calls_end(self):
        jobs = Jobs()
        with polycall.Server() as server:
            server.add(Calc(jobs))
            target = server.listen(unix_target())
            server.start()
            with polycall.Channel(target) as channel:
                future = CalcClient(channel).odd_future(AddRequest(text="block"))
                self.assertTrue(jobs.started.wait(PATIENCE))
                threading.Timer(0.05, jobs.release.set).start()
                server.shutdown(grace=PATIENCE)
                self.assertEqual(future.result(PATIENCE).value, 0)

    def test_a_donated_thread_runs_handlers(self):
        jobs = Jobs()
        with polycall.Server(donated_only=True) as server:
            server.add(Calc(jobs))
            target = server.listen(unix_target())
            server.start()
            worker = threading.Thread(target=server.run_worker, args=(PATIENCE,))
            worker.start()
            with polycall.Channel(target) as channel:
                CalcClient(channel).add(AddRequest(), timeout=PATIENCE)
            self.assertEqual(jobs.threads, {worker.ident})
            server.shutdown()
            worker.join(PATIENCE)
            self.assertFalse(worker.is_alive())

    def test_a_server_may_mix_styles(self):
        class Mixed(CalcService):
            async def add(self, request, context):
                return AddReply(value=request.a)

            def sum(self, requests, context):
                return AddReply(value=sum(r.a for r in requests))

        with serving(Mixed()) as target, polycall.Channel(target) as channel:
            calc = CalcClient(channel)
            self.assertEqual(calc.add(AddRequest(a=3), timeout=PATIENCE).value, 3)
            self.assertEqual(calc.sum([AddRequest(a=4)], timeout=PATIENCE).value, 4)
            with self.assertRaises(polycall.UnimplementedError):
                list(calc.count(AddRequest(), timeout=PATIENCE))

    def test_health_is_what_the_server_says(self):
        # grpc.health.v1: HealthCheckRequest.service = 1, HealthCheckResponse.status = 1.
        check = polycall.MethodDescriptor("Check", polycall.UNARY)
        name = b"calc.v1.Calc"
        request = bytes([0x0A, len(name)]) + name
        with polycall.Server() as server:
            server.add(Calc())
            target = server.listen(unix_target())
            server.start()
            with polycall.Channel(target) as channel:

                def ask():
                    return channel.call("grpc.health.v1.Health", check, request, timeout=PATIENCE)

                self.assertEqual(ask(), b"\x08\x01")
                server.set_serving("calc.v1.Calc", False)
                self.assertEqual(ask(), b"\x08\x02")

    def test_nested_calls_inherit_the_deadline(self):
        with serving(Calc()) as inner, polycall.Channel(inner) as onward:

            class Relay(Calc):
                def add(self, request, context):
                    return CalcClient(onward).odd(AddRequest(text="deadline"))

            with serving(Relay()) as outer, polycall.Channel(outer) as channel:
                left = CalcClient(channel).add(AddRequest(), timeout=5).value
                self.assertTrue(0 < left <= 5000, left)

    def test_a_failing_handler_is_logged_with_its_traceback(self):
        logging.getLogger("polycall").setLevel(logging.NOTSET)
        with serving(Calc()) as target, polycall.Channel(target) as channel:
            with self.assertLogs("polycall", "ERROR") as logs:
                with self.assertRaises(polycall.UnknownError):
                    CalcClient(channel).odd(AddRequest(text="raise"), timeout=PATIENCE)
        self.assertIn("calc.v1.Calc.Odd", logs.output[0])
        self.assertIn("what a value", logs.output[0])


class Channels(unittest.TestCase):
    def test_a_channel_tells_about_itself(self):
        only = ["unix"]
        with serving(Calc()) as target, polycall.Channel(target, transports=only) as channel:
            self.assertIsNone(channel.transport)
            channel.wait_ready(PATIENCE)
            self.assertEqual(channel.state, polycall.ChannelState.READY)
            self.assertIn(channel.transport, ("shm", "unix"))
            self.assertGreater(channel.ping(PATIENCE), 0)
            explained = channel.explain()
            self.assertEqual(explained["transport"], channel.transport)
            self.assertTrue(any(s["name"] == "calc.v1.Calc" for s in explained["services"]))

    def test_nobody_there_is_unavailable(self):
        with polycall.Channel(unix_target(), max_attempts=1) as channel:
            with self.assertRaises(polycall.UnavailableError):
                CalcClient(channel).add(AddRequest(), timeout=PATIENCE)
            with self.assertRaises(polycall.StatusError):
                channel.wait_ready(timeout=0.3)

    def test_a_caller_may_wait_for_the_server(self):
        target = unix_target()
        with polycall.Channel(target, initial_backoff=0.01) as channel:
            future = CalcClient(channel).add_future(
                AddRequest(a=1), flags=polycall.CallFlags.WAIT_FOR_READY, timeout=PATIENCE
            )
            with serving(Calc(), target=target):
                self.assertEqual(future.result(PATIENCE).value, 1)

    def test_a_service_that_is_not_there_is_unimplemented(self):
        method = polycall.MethodDescriptor("Nothing", polycall.UNARY)
        with serving(Calc()) as target, polycall.Channel(target) as channel:
            with self.assertRaises(polycall.UnimplementedError):
                channel.call("no.such.Service", method, b"", timeout=PATIENCE)

    def test_a_request_that_does_not_parse_is_invalid(self):
        method = polycall.MethodDescriptor("Add", polycall.UNARY)
        with serving(Calc()) as target, polycall.Channel(target) as channel:
            with self.assertRaisesRegex(polycall.InvalidArgumentError, "calc.v1.AddRequest"):
                channel.call("calc.v1.Calc", method, b"\xff\xff\xff", timeout=PATIENCE)
            self.assertEqual(
                channel.call("calc.v1.Calc", method, b"\x08\x02", timeout=PATIENCE), b"\x08\x02"
            )

    def test_unknown_fields_are_kept_by_messages(self):
        method = polycall.MethodDescriptor("Add", polycall.UNARY)
        jobs = Jobs()
        with serving(Calc(jobs)) as target, polycall.Channel(target) as channel:
            channel.call("calc.v1.Calc", method, b"\x08\x02\xf8\x01\x07", timeout=PATIENCE)
        self.assertEqual(jobs.requests[0].SerializeToString(), b"\x08\x02\xf8\x01\x07")


if __name__ == "__main__":
    unittest.main()
