"""Blocking callers, against blocking and asynchronous handlers, over every transport."""

import logging
import threading
import unittest

import polycall
from calc_polycall import CalcClient
from support import PATIENCE, TARGETS, AddRequest, AsyncCalc, Calc, Jobs, serving


class Calls:
    """The tests of one transport and one style of handler."""

    transport = ""
    service = Calc

    def setUp(self):
        logging.getLogger("polycall").setLevel(logging.CRITICAL)
        self.jobs = Jobs()
        served = serving(self.service(self.jobs), target=TARGETS[self.transport]())
        self.target = self.enterContext(served)
        channel = polycall.Channel(self.target, transports=[self.transport])
        self.channel = self.enterContext(channel)
        self.calc = CalcClient(self.channel)

    def tearDown(self):
        self.jobs.release.set()

    def test_a_unary_call_is_answered(self):
        reply = self.calc.add(AddRequest(a=1, b=2, text="ünïcode"), timeout=PATIENCE)
        self.assertEqual((reply.value, reply.text), (3, "ünïcode"))

    def test_a_large_message_comes_back_whole(self):
        text = "x" * 1_000_000
        self.assertEqual(self.calc.add(AddRequest(text=text), timeout=PATIENCE).text, text)

    def test_an_empty_message_is_a_message(self):
        self.assertEqual(self.calc.add(AddRequest(), timeout=PATIENCE).value, 0)

    def test_a_future_gets_the_reply(self):
        future = self.calc.add_future(AddRequest(a=20, b=22))
        self.assertEqual(future.result(PATIENCE).value, 42)

    def test_many_futures_are_under_way_at_once(self):
        futures = [self.calc.add_future(AddRequest(a=i)) for i in range(200)]
        self.assertEqual([f.result(PATIENCE).value for f in futures], list(range(200)))

    def test_a_future_gets_the_error(self):
        future = self.calc.odd_future(AddRequest(text="status", a=5))
        with self.assertRaises(polycall.NotFoundError):
            future.result(PATIENCE)

    def test_cancelling_a_future_cancels_the_call(self):
        future = self.calc.odd_future(AddRequest(text="block"))
        self.assertTrue(self.jobs.started.wait(PATIENCE))
        self.assertTrue(future.cancel())
        self.assertTrue(future.cancelled())
        self.assertTrue(self.jobs.cancelled.wait(PATIENCE), "the handler hears of it")

    def test_responses_stream(self):
        stream = self.calc.count(AddRequest(a=100), timeout=PATIENCE)
        self.assertEqual([reply.value for reply in stream], list(range(100)))
        self.assertEqual(stream.status().code, polycall.StatusCode.OK)

    def test_a_stream_that_fails_raises_after_its_messages(self):
        stream = self.calc.count(AddRequest(a=2, text="fail"), timeout=PATIENCE)
        self.assertEqual(next(stream).value, 0)
        self.assertEqual(next(stream).value, 1)
        with self.assertRaisesRegex(polycall.OutOfRangeError, "counted too far"):
            next(stream)
        with self.assertRaises(polycall.OutOfRangeError):
            next(stream)

    def test_requests_stream_from_an_iterable(self):
        total = self.calc.sum((AddRequest(a=i) for i in range(100)), timeout=PATIENCE)
        self.assertEqual(total.value, 4950)
        total = self.calc.sum([AddRequest(a=i) for i in range(100)], timeout=PATIENCE)
        self.assertEqual(total.value, 4950)

    def test_an_empty_request_stream_is_one(self):
        self.assertEqual(self.calc.sum([], timeout=PATIENCE).value, 0)

    def test_requests_stream_by_hand(self):
        with self.calc.sum_stream(timeout=PATIENCE) as stream:
            stream.send(AddRequest(a=1))
            stream.send(AddRequest(a=2), buffered=True)
            self.assertEqual(stream.finish().value, 3)

    def test_both_directions_stream_in_turns(self):
        with self.calc.chat(timeout=PATIENCE) as stream:
            for i in range(20):
                stream.send(AddRequest(a=i))
                self.assertEqual(stream.receive().value, i)
            stream.half_close()
            self.assertIsNone(stream.receive())
        self.assertEqual(stream.status().code, polycall.StatusCode.OK)

    def test_both_directions_stream_from_an_iterable(self):
        stream = self.calc.chat((AddRequest(a=i) for i in range(50)), timeout=PATIENCE)
        self.assertEqual([reply.value for reply in stream], list(range(50)))

    def test_a_handler_may_end_a_stream_early(self):
        with self.calc.chat(timeout=PATIENCE) as stream:
            stream.send(AddRequest(text="stop"))
            self.assertIsNone(stream.receive())

    def test_leaving_a_stream_cancels_it(self):
        with self.calc.chat(timeout=PATIENCE) as stream:
            stream.send(AddRequest(a=1))
            stream.receive()
        self.assertEqual(stream.status().code, polycall.StatusCode.CANCELLED)

    def test_an_exception_of_the_handlers_is_unknown_and_the_server_lives(self):
        with self.assertRaises(polycall.UnknownError) as caught:
            self.calc.odd(AddRequest(text="raise"), timeout=PATIENCE)
        self.assertEqual(caught.exception.message, "ValueError: what a value")
        self.assertEqual(self.calc.add(AddRequest(a=1), timeout=PATIENCE).value, 1)

    def test_every_code_comes_back_as_its_class(self):
        for code in polycall.StatusCode:
            if code == polycall.StatusCode.OK:
                continue
            with self.assertRaises(polycall.StatusError) as caught:
                self.calc.odd(AddRequest(text="status", a=code), timeout=PATIENCE)
            error = caught.exception
            self.assertEqual((error.code, error.message), (code, "as asked"))
            self.assertEqual(error.details, b"\x08\x05")
            class_name = type(error).__name__.replace("Error", "").upper()
            self.assertEqual(class_name, code.name.replace("_", ""))

    def test_a_handler_that_returns_no_message_is_an_error(self):
        with self.assertRaisesRegex(polycall.UnknownError, "expected calc.v1.AddReply"):
            self.calc.odd(AddRequest(text="none"), timeout=PATIENCE)

    def test_a_method_that_is_not_written_is_unimplemented(self):
        if self.service is Calc:
            self.skipTest("Calc has them all")
        with self.assertRaisesRegex(polycall.UnimplementedError, "calc.v1.Calc.Slow"):
            self.calc.slow(AddRequest(), timeout=PATIENCE)

    def test_metadata_goes_both_ways(self):
        info = polycall.CallInfo()
        reply = self.calc.odd(
            AddRequest(text="metadata"),
            metadata=[("x-key", "one"), ("x-key", "two"), ("x-key-bin", b"\x00\xff")],
            timeout=PATIENCE,
            info=info,
        )
        self.assertEqual(reply.value, 2)
        self.assertEqual(info.initial_metadata.get("x-first"), "two")
        self.assertEqual(info.trailing_metadata.get("x-last-bin"), b"\x00\xff")

    def test_metadata_may_be_a_dict(self):
        info = polycall.CallInfo()
        self.calc.odd(
            AddRequest(text="metadata"),
            metadata={"x-key": "one", "x-key-bin": b""},
            timeout=PATIENCE,
            info=info,
        )
        self.assertEqual(list(info.initial_metadata), [("x-first", "one")])

    def test_metadata_that_cannot_be_is_refused(self):
        with self.assertRaises(polycall.InvalidArgumentError):
            self.calc.add(AddRequest(), metadata={"white space": "x"})
        with self.assertRaises(TypeError):
            self.calc.add(AddRequest(), metadata={"x-bin": "text"})
        with self.assertRaises(TypeError):
            self.calc.add(AddRequest(), metadata={"x": 7})

    def test_a_stream_has_metadata_too(self):
        stream = self.calc.count(AddRequest(a=1), timeout=PATIENCE)
        self.assertEqual(len(list(stream)), 1)
        self.assertEqual(len(stream.initial_metadata()), 0)
        self.assertEqual(len(stream.trailing_metadata()), 0)

    def test_the_handler_knows_its_call(self):
        reply = self.calc.odd(AddRequest(text="where"), timeout=PATIENCE)
        self.assertEqual(reply.text, f"{self.transport} calc.v1.Calc Odd")
        self.assertEqual(self.channel.transport, self.transport)

    def test_the_deadline_reaches_the_handler(self):
        reply = self.calc.odd(AddRequest(text="deadline"), timeout=PATIENCE)
        self.assertTrue(0 < reply.value <= PATIENCE * 1000, reply.value)
        self.assertEqual(self.calc.odd(AddRequest(text="deadline")).value, -1)

    def test_a_timeout_that_is_over_ends_the_call(self):
        with self.assertRaises(polycall.DeadlineExceededError):
            self.calc.add(AddRequest(), timeout=0)

    def test_a_request_of_another_class_is_refused(self):
        with self.assertRaisesRegex(TypeError, "calc.v1.AddRequest"):
            self.calc.add("no request")
        with self.assertRaisesRegex(TypeError, "calc.v1.AddRequest"):
            self.calc.count(None)

    def test_threads_share_a_channel(self):
        results = []

        def work(first):
            for i in range(first, first + 50):
                results.append(self.calc.add(AddRequest(a=i), timeout=PATIENCE).value)

        threads = [threading.Thread(target=work, args=(n * 50,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        self.assertEqual(sorted(results), list(range(200)))


class WaitingCalls(Calls):
    """Calls whose end is waited for: over inproc a blocking caller runs a blocking handler
    itself."""

    def test_the_deadline_ends_a_call(self):
        with self.assertRaises(polycall.DeadlineExceededError):
            self.calc.odd(AddRequest(text="block"), timeout=0.1)
        self.assertTrue(self.jobs.cancelled.wait(PATIENCE), "the handler hears of it")


class BlockingInproc(Calls, unittest.TestCase):
    transport = "inproc"


class BlockingUnix(WaitingCalls, unittest.TestCase):
    transport = "unix"

    def test_a_method_has_its_default_timeout(self):
        with self.assertRaises(polycall.DeadlineExceededError):
            self.calc.slow(AddRequest())
        self.assertTrue(self.jobs.cancelled.wait(PATIENCE))


class BlockingTcp(WaitingCalls, unittest.TestCase):
    transport = "tcp"


class AsyncInproc(WaitingCalls, unittest.TestCase):
    transport = "inproc"
    service = AsyncCalc


class AsyncUnix(WaitingCalls, unittest.TestCase):
    transport = "unix"
    service = AsyncCalc


class AsyncTcp(WaitingCalls, unittest.TestCase):
    transport = "tcp"
    service = AsyncCalc


if __name__ == "__main__":
    unittest.main()
