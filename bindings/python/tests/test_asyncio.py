"""asyncio callers, against both styles of handler, over every transport."""

import asyncio
import logging
import threading
import unittest

import polycall
from calc_polycall import CalcAsyncClient, CalcClient
from support import PATIENCE, TARGETS, AddRequest, AsyncCalc, Calc, Jobs, serving


class Calls:
    transport = ""
    service = Calc

    def setUp(self):
        logging.getLogger("polycall").setLevel(logging.CRITICAL)

    async def asyncSetUp(self):
        # The server has a loop of its own: it is made in a thread that runs none.
        self.jobs = Jobs()
        loop = asyncio.get_running_loop()
        loop.slow_callback_duration = PATIENCE  # no remarks on a busy machine
        self.served = serving(self.service(self.jobs), target=TARGETS[self.transport]())
        target = await loop.run_in_executor(None, self.served.__enter__)
        self.channel = await self.enterAsyncContext(polycall.Channel(target))
        self.calc = CalcAsyncClient(self.channel)

    async def asyncTearDown(self):
        self.jobs.release.set()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self.served.__exit__, None, None, None)

    async def test_a_unary_call_is_answered(self):
        reply = await self.calc.add(AddRequest(a=1, b=2), timeout=PATIENCE)
        self.assertEqual(reply.value, 3)

    async def test_calls_run_at_once(self):
        calls = [self.calc.add(AddRequest(a=i), timeout=PATIENCE) for i in range(500)]
        replies = await asyncio.gather(*calls)
        self.assertEqual([reply.value for reply in replies], list(range(500)))

    async def test_responses_stream(self):
        values = [r.value async for r in self.calc.count(AddRequest(a=100), timeout=PATIENCE)]
        self.assertEqual(values, list(range(100)))

    async def test_a_stream_that_fails_raises_after_its_messages(self):
        values = []
        with self.assertRaisesRegex(polycall.OutOfRangeError, "counted too far"):
            async for reply in self.calc.count(AddRequest(a=2, text="fail"), timeout=PATIENCE):
                values.append(reply.value)
        self.assertEqual(values, [0, 1])

    async def test_requests_stream_from_iterables_of_both_kinds(self):
        async def numbers():
            for i in range(100):
                yield AddRequest(a=i)

        self.assertEqual((await self.calc.sum(numbers(), timeout=PATIENCE)).value, 4950)
        requests = [AddRequest(a=i) for i in range(100)]
        self.assertEqual((await self.calc.sum(requests, timeout=PATIENCE)).value, 4950)

    async def test_requests_stream_by_hand(self):
        async with self.calc.sum_stream(timeout=PATIENCE) as stream:
            await stream.send(AddRequest(a=1))
            await stream.send(AddRequest(a=2))
            self.assertEqual((await stream.finish()).value, 3)

    async def test_both_directions_stream_in_turns(self):
        async with self.calc.chat(timeout=PATIENCE) as stream:
            for i in range(20):
                await stream.send(AddRequest(a=i))
                self.assertEqual((await stream.receive()).value, i)
            await stream.half_close()
            self.assertIsNone(await stream.receive())
            self.assertEqual((await stream.status()).code, polycall.StatusCode.OK)

    async def test_both_directions_stream_from_an_iterable(self):
        requests = (AddRequest(a=i) for i in range(50))
        values = [r.value async for r in self.calc.chat(requests, timeout=PATIENCE)]
        self.assertEqual(values, list(range(50)))

    async def test_a_receive_that_was_cancelled_loses_no_message(self):
        async with self.calc.chat(timeout=PATIENCE) as stream:
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(stream.receive(), 0.05)
            await stream.send(AddRequest(a=1))
            await stream.send(AddRequest(a=2))
            self.assertEqual((await stream.receive()).value, 1)
            self.assertEqual((await stream.receive()).value, 2)

    async def test_cancelling_the_task_cancels_the_call(self):
        task = asyncio.create_task(self.calc.odd(AddRequest(text="block"), timeout=PATIENCE))
        loop = asyncio.get_running_loop()
        self.assertTrue(await loop.run_in_executor(None, self.jobs.started.wait, PATIENCE))
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertTrue(await loop.run_in_executor(None, self.jobs.cancelled.wait, PATIENCE))

    async def test_errors_have_their_classes(self):
        with self.assertRaises(polycall.NotFoundError) as caught:
            await self.calc.odd(AddRequest(text="status", a=5), timeout=PATIENCE)
        self.assertEqual(caught.exception.details, b"\x08\x05")
        with self.assertRaisesRegex(polycall.UnknownError, "ValueError: what a value"):
            await self.calc.odd(AddRequest(text="raise"), timeout=PATIENCE)

    async def test_the_deadline_ends_a_call(self):
        with self.assertRaises(polycall.DeadlineExceededError):
            await self.calc.odd(AddRequest(text="block"), timeout=0.1)

    async def test_metadata_goes_both_ways(self):
        info = polycall.CallInfo()
        await self.calc.odd(
            AddRequest(text="metadata"),
            metadata={"x-key": "one", "x-key-bin": b"\x00"},
            timeout=PATIENCE,
            info=info,
        )
        self.assertEqual(info.initial_metadata.get("x-first"), "one")
        self.assertEqual(info.trailing_metadata.get("x-last-bin"), b"\x00")

    async def test_a_stream_has_metadata_too(self):
        stream = self.calc.count(AddRequest(a=1), timeout=PATIENCE)
        self.assertEqual(len(await stream.initial_metadata()), 0)
        self.assertEqual(len([r async for r in stream]), 1)
        self.assertEqual(len(await stream.trailing_metadata()), 0)

    async def test_the_loop_runs_while_calls_wait(self):
        waiting = asyncio.create_task(self.calc.odd(AddRequest(text="block"), timeout=PATIENCE))
        for _ in range(20):
            await asyncio.sleep(0)
        self.assertEqual((await self.calc.add(AddRequest(a=7), timeout=PATIENCE)).value, 7)
        waiting.cancel()


class BlockingHandlersInproc(Calls, unittest.IsolatedAsyncioTestCase):
    transport = "inproc"


class BlockingHandlersUnix(Calls, unittest.IsolatedAsyncioTestCase):
    transport = "unix"


class AsyncHandlersInproc(Calls, unittest.IsolatedAsyncioTestCase):
    transport = "inproc"
    service = AsyncCalc


class AsyncHandlersUnix(Calls, unittest.IsolatedAsyncioTestCase):
    transport = "unix"
    service = AsyncCalc


class AsyncHandlersTcp(Calls, unittest.IsolatedAsyncioTestCase):
    transport = "tcp"
    service = AsyncCalc


class OneLoop(unittest.IsolatedAsyncioTestCase):
    """Caller and handler on one loop."""

    async def test_handlers_run_on_the_running_loop(self):
        for target in TARGETS.values():
            jobs = Jobs()
            async with polycall.Server() as server:
                server.add(AsyncCalc(jobs))
                address = server.listen(target())
                server.start()
                async with polycall.Channel(address) as channel:
                    calc = CalcAsyncClient(channel)
                    reply = await calc.add(AddRequest(a=1, b=1), timeout=PATIENCE)
                    self.assertEqual(reply.value, 2)
                    values = [r.value async for r in calc.count(AddRequest(a=9), timeout=PATIENCE)]
                    self.assertEqual(values, list(range(9)))
            self.assertEqual(jobs.threads, {threading.get_ident()})

    async def test_a_call_in_a_handler_inherits_deadline_and_cancellation(self):
        inner_jobs = Jobs()
        async with polycall.Server() as server:
            server.add(AsyncCalc(inner_jobs))
            inner = server.listen(TARGETS["unix"]())
            server.start()
            async with polycall.Channel(inner) as onward:

                class Relay(AsyncCalc):
                    async def add(self, request, context):
                        return await CalcAsyncClient(onward).odd(request)

                async with polycall.Server() as front:
                    front.add(Relay())
                    outer = front.listen(TARGETS["unix"]())
                    front.start()
                    async with polycall.Channel(outer) as channel:
                        calc = CalcAsyncClient(channel)
                        reply = await calc.add(AddRequest(text="deadline"), timeout=5)
                        self.assertTrue(0 < reply.value <= 5000, reply.value)
                        task = asyncio.create_task(calc.add(AddRequest(text="block")))
                        while not inner_jobs.started.is_set():
                            await asyncio.sleep(0.005)
                        task.cancel()
                        loop = asyncio.get_running_loop()
                        cancelled = inner_jobs.cancelled
                        self.assertTrue(await loop.run_in_executor(None, cancelled.wait, PATIENCE))

    async def test_leaving_the_server_lets_calls_end(self):
        async with polycall.Server() as server:
            server.add(AsyncCalc())
            address = server.listen(TARGETS["unix"]())
            server.start()
            channel = polycall.Channel(address)
            calls = [
                asyncio.create_task(CalcAsyncClient(channel).add(AddRequest(a=i), timeout=PATIENCE))
                for i in range(20)
            ]
            await asyncio.sleep(0)
        for i, call in enumerate(calls):
            try:
                self.assertEqual((await call).value, i)
            except polycall.UnavailableError:
                pass  # it came after the server stopped accepting
        channel.close()


class SeveralLoops(unittest.TestCase):
    def test_one_channel_serves_loops_one_after_the_other(self):
        with serving(Calc()) as target, polycall.Channel(target) as channel:
            for i in range(5):

                async def main():
                    return await CalcAsyncClient(channel).add(AddRequest(a=i), timeout=PATIENCE)

                self.assertEqual(asyncio.run(main()).value, i)

    def test_a_loop_that_ends_with_calls_under_way_harms_nobody(self):
        jobs = Jobs()
        with serving(Calc(jobs)) as target, polycall.Channel(target) as channel:

            async def main():
                asyncio.create_task(CalcAsyncClient(channel).odd(AddRequest(text="block")))
                while not jobs.started.is_set():
                    await asyncio.sleep(0.005)

            asyncio.run(main())
            self.assertTrue(jobs.cancelled.wait(PATIENCE))
            jobs.release.set()
            self.assertEqual(CalcClient(channel).add(AddRequest(a=1), timeout=PATIENCE).value, 1)


if __name__ == "__main__":
    unittest.main()
