"""What a binding must not break: threads, fork(), the interpreter's exit, signals."""

import gc
import os
import signal
import threading
import unittest
import weakref

import polycall
from calc_polycall import CalcClient
from support import (
    PATIENCE,
    AddReply,
    AddRequest,
    Calc,
    Jobs,
    inproc_target,
    run_program,
    serving,
    wait_until,
)

SERVER = """
    import sys, threading, time
    import polycall
    from support import Calc, Jobs, serving, unix_target, inproc_target
    from calc_pb2 import AddRequest
    from calc_polycall import CalcClient
"""


class Gil(unittest.TestCase):
    def test_other_threads_run_while_a_call_waits(self):
        jobs = Jobs()
        with serving(Calc(jobs)) as target, polycall.Channel(target) as channel:
            calc = CalcClient(channel)
            done = []
            thread = threading.Thread(
                target=lambda: done.append(calc.odd(AddRequest(text="block"), timeout=PATIENCE))
            )
            thread.start()
            self.assertTrue(jobs.started.wait(PATIENCE))
            self.assertEqual(sum(range(1000)), 499500, "this thread ran")
            self.assertFalse(done)
            jobs.release.set()
            thread.join(PATIENCE)
            self.assertEqual(len(done), 1)

    def test_other_threads_run_while_a_stream_waits(self):
        with serving(Calc()) as target, polycall.Channel(target) as channel:
            with CalcClient(channel).chat(timeout=PATIENCE) as stream:
                received = []
                thread = threading.Thread(target=lambda: received.append(stream.receive()))
                thread.start()
                stream.send(AddRequest(a=5))
                thread.join(PATIENCE)
                self.assertEqual(received[0].value, 5)

    def test_handlers_that_block_stall_nobody(self):
        jobs = Jobs()
        with serving(Calc(jobs)) as target, polycall.Channel(target) as channel:
            calc = CalcClient(channel)
            blocked = [calc.odd_future(AddRequest(text="block")) for _ in range(8)]
            self.assertTrue(jobs.started.wait(PATIENCE))
            for i in range(50):
                self.assertEqual(calc.add(AddRequest(a=i), timeout=PATIENCE).value, i)
            jobs.release.set()
            for future in blocked:
                future.result(PATIENCE)


class Fork(unittest.TestCase):
    def in_child(self, work):
        """Runs `work` in a forked child; its exit code, bounded."""
        child = os.fork()
        if child == 0:
            code = 70
            try:
                signal.alarm(int(PATIENCE))
                code = work()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)

    def test_a_channel_that_the_parent_used_works_in_the_child(self):
        # The server lives in a third process, so that the child has somebody to call.
        code, output = run_program(
            SERVER
            + """
    import asyncio, os, signal, subprocess
    from calc_polycall import CalcAsyncClient
    server = subprocess.Popen([sys.executable, "-m", "calc_server"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    target = server.stdout.readline().strip()
    channel = polycall.Channel(target)
    calc = CalcClient(channel)
    assert calc.add(AddRequest(a=1), timeout=10).value == 1
    child = os.fork()
    if child == 0:
        signal.alarm(15)
        value = calc.add(AddRequest(a=2), timeout=10).value
        future = calc.add_future(AddRequest(a=3), timeout=10).result(10).value
        async def main():
            return (await CalcAsyncClient(channel).add(AddRequest(a=4), timeout=10)).value
        os._exit(value + future + asyncio.run(main()))
    _, status = os.waitpid(child, 0)
    print("child", os.waitstatus_to_exitcode(status))
    print("parent", calc.add(AddRequest(a=5), timeout=10).value)
    channel.close()
    server.stdin.close()
    server.wait(10)
""",
            timeout=60,
        )
        self.assertEqual((code, output), (0, "child 9\nparent 5\n"))

    def test_a_server_of_the_parents_does_not_hang_the_child(self):
        with serving(Calc()) as target, polycall.Channel(target) as channel:
            self.assertEqual(CalcClient(channel).add(AddRequest(a=1), timeout=PATIENCE).value, 1)
            self.assertEqual(self.in_child(lambda: 7), 7)
            self.assertEqual(CalcClient(channel).add(AddRequest(a=2), timeout=PATIENCE).value, 2)

    def test_a_child_that_ends_as_programs_do_ends(self):
        code, output = run_program(
            SERVER
            + """
    import os
    with serving(Calc()) as target, polycall.Channel(target) as channel:
        calc = CalcClient(channel)
        assert calc.add(AddRequest(a=1), timeout=10).value == 1
        child = os.fork()
        if child == 0:
            sys.exit(3)
        _, status = os.waitpid(child, 0)
        print("child", os.waitstatus_to_exitcode(status))
        print("parent", calc.add(AddRequest(a=2), timeout=10).value)
""",
            timeout=60,
        )
        self.assertEqual((code, output), (0, "child 3\nparent 2\n"))


class Exit(unittest.TestCase):
    def test_the_interpreter_ends_while_it_serves(self):
        code, output = run_program(
            SERVER
            + """
    server = polycall.Server()
    server.add(Calc())
    target = server.listen(unix_target())
    server.start()
    channel = polycall.Channel(target)
    calc = CalcClient(channel)
    print(calc.add(AddRequest(a=1), timeout=10).value)
""",
            timeout=60,
        )
        self.assertEqual((code, output), (0, "1\n"))

    def test_the_interpreter_ends_while_calls_are_under_way(self):
        code, output = run_program(
            SERVER
            + """
    server = polycall.Server()
    server.add(Calc(Jobs()))
    target = server.listen(unix_target())
    server.start()
    channel = polycall.Channel(target)
    calc = CalcClient(channel)
    stop = False
    def call():
        while not stop:
            try:
                calc.add(AddRequest(a=1), timeout=10)
            except polycall.StatusError:
                return
    for _ in range(4):
        threading.Thread(target=call, daemon=True).start()
    stream = calc.chat()
    stream.send(AddRequest(a=1))
    futures = [calc.add_future(AddRequest(a=1)) for _ in range(20)]
    time.sleep(0.2)
    print("ends", flush=True)
""",
            timeout=60,
        )
        self.assertEqual((code, output), (0, "ends\n"))

    def test_the_interpreter_ends_while_a_handler_blocks(self):
        code, output = run_program(
            SERVER
            + """
    class Stuck(Calc):
        def add(self, request, context):
            jobs.started.set()
            time.sleep(1000)
    jobs = Jobs()
    server = polycall.Server()
    server.add(Stuck(jobs))
    target = server.listen(unix_target())
    server.start()
    channel = polycall.Channel(target)
    future = CalcClient(channel).add_future(AddRequest(a=1))
    jobs.started.wait(10)
    print("ends", flush=True)
""",
            timeout=60,
        )
        self.assertEqual((code, output), (0, "ends\n"))

    def test_ctrl_c_ends_a_server_that_waits(self):
        code, output = run_program(
            SERVER
            + """
    import os, signal
    server = polycall.Server()
    server.add(Calc())
    server.listen(unix_target())
    server.start()
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        server.wait()
    except KeyboardInterrupt:
        print("interrupted")
    server.close()
""",
            timeout=60,
        )
        self.assertEqual((code, output), (0, "interrupted\n"))


class Interrupt(unittest.TestCase):
    """Ctrl-C on the main thread, while it waits in the runtime."""

    def interrupted(self, wait):
        code, output = run_program(
            SERVER
            + """
    import os, signal
    class Silent(Calc):
        def add(self, request, context):
            jobs.release.wait(20)
            return super().add(request, context)
        def count(self, request, context):
            jobs.release.wait(20)
            yield from super().count(request, context)
    jobs = Jobs()
    with serving(Silent(jobs)) as target, polycall.Channel(target) as channel:
        calc = CalcClient(channel)
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            WAIT
            print("nothing came")
        except KeyboardInterrupt:
            print("interrupted")
        jobs.release.set()
""".replace("WAIT", wait),
            timeout=60,
        )
        self.assertEqual((code, output), (0, "interrupted\n"))

    def test_a_unary_call_is_interrupted(self):
        self.interrupted("calc.add(AddRequest())")

    def test_a_stream_is_interrupted(self):
        self.interrupted("next(calc.count(AddRequest()))")

    def test_a_wait_for_a_streams_end_is_interrupted(self):
        self.interrupted("calc.count(AddRequest()).status()")


class Objects(unittest.TestCase):
    def test_within_a_process_the_request_itself_is_passed(self):
        jobs = Jobs()
        with serving(Calc(jobs), target=inproc_target()) as target:
            with polycall.Channel(target) as channel:
                request = AddRequest(a=1)
                CalcClient(channel).add(request)
                self.assertIs(jobs.requests[0], request)

    def test_a_server_may_ask_for_copies(self):
        jobs = Jobs()
        with serving(Calc(jobs), target=inproc_target(), copy_requests=True) as target:
            with polycall.Channel(target) as channel:
                request = AddRequest(a=1)
                CalcClient(channel).add(request)
                self.assertIsNot(jobs.requests[0], request)
                self.assertEqual(jobs.requests[0], request)

    def test_nothing_is_kept_of_a_call(self):
        for make in (inproc_target, None):
            with serving(Calc(), target=make() if make else None) as target:
                with polycall.Channel(target) as channel:
                    calc = CalcClient(channel)

                    class Kept:
                        pass

                    kept = Kept()
                    gone = weakref.ref(kept)
                    future = calc.add_future(AddRequest(a=1))
                    future.kept = kept
                    future.result(PATIENCE)
                    del kept, future
                    gc.collect()
                    wait_until(lambda: gone() is None, "the future is freed")

    def test_many_calls_leave_memory_as_it_was(self):
        class Forgetful(Calc):
            def add(self, request, context):
                return AddReply(value=request.a)

        with serving(Forgetful()) as target, polycall.Channel(target) as channel:
            calc = CalcClient(channel)

            def calls():
                for i in range(300):
                    calc.add(AddRequest(a=i), timeout=PATIENCE)
                    list(calc.count(AddRequest(a=2), timeout=PATIENCE))
                    calc.sum([AddRequest(a=i)], timeout=PATIENCE)
                gc.collect()
                return len(gc.get_objects())

            before = calls()
            self.assertLess(calls() - before, 100)

    def test_a_closed_channel_says_so(self):
        with serving(Calc()) as target:
            channel = polycall.Channel(target)
            calc = CalcClient(channel)
            calc.add(AddRequest(), timeout=PATIENCE)
            channel.close()
            channel.close()
            with self.assertRaisesRegex(polycall.FailedPreconditionError, "is closed"):
                calc.add(AddRequest())
            self.assertIsNone(channel.transport)

    def test_closing_a_channel_cancels_what_is_under_way(self):
        jobs = Jobs()
        with serving(Calc(jobs)) as target:
            channel = polycall.Channel(target)
            future = CalcClient(channel).odd_future(AddRequest(text="block"))
            self.assertTrue(jobs.started.wait(PATIENCE))
            channel.close()
            with self.assertRaises(polycall.CancelledError):
                future.result(PATIENCE)
            jobs.release.set()


if __name__ == "__main__":
    unittest.main()
