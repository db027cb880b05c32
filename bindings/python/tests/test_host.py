"""Hosting in a program of Python: modules of Python and of C in its own process."""

import gc
import os
import tempfile
import unittest

import calc_pb2
import calc_polycall
import polycall
from polycall import _host

ECHO = """
import calc_pb2
import calc_polycall

class Calc(calc_polycall.CalcService):
    def add(self, request, context):
        return calc_pb2.AddReply(value=request.a + request.b)

    async def odd(self, request, context):
        return calc_pb2.AddReply(text=request.text * 2)

def register(server):
    server.add(Calc())
"""


class Hosting(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def module(self, text, name="echo.py"):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_a_python_program_loads_a_python_module_into_its_own_interpreter(self):
        with polycall.Server() as server:
            server.load("python", self.module(ECHO))
            target = server.listen("inproc:hosting")
            server.start()
            with polycall.Channel(target) as channel:
                client = calc_polycall.CalcClient(channel)
                self.assertEqual(client.add(calc_pb2.AddRequest(a=1, b=2)).value, 3)
                self.assertEqual(client.odd(calc_pb2.AddRequest(text="ab")).text, "abab")

    def test_a_module_that_fails_raises_its_status_with_file_and_line(self):
        path = self.module("def register(server):\n    return 1 / 0\n", "fails.py")
        with polycall.Server() as server:
            with self.assertRaisesRegex(polycall.UnknownError, "fails.py:2: ZeroDivisionError"):
                server.load("python", path)

    def test_an_unknown_language_is_not_found(self):
        with polycall.Server() as server:
            with self.assertRaisesRegex(polycall.NotFoundError, "libpolycall_host_klingon.so"):
                server.load("klingon", "qapla")

    def test_a_missing_c_library_is_not_found(self):
        with polycall.Server() as server:
            with self.assertRaisesRegex(polycall.NotFoundError, "nothing.so"):
                server.load("c", "/nowhere/nothing.so")

    def test_a_server_that_was_started_takes_no_more_modules(self):
        with polycall.Server() as server:
            server.start()
            with self.assertRaises(polycall.FailedPreconditionError):
                server.load("python", self.module(ECHO))

    def test_what_a_module_keeps_of_its_server_tells_that_the_server_has_ended(self):
        kept = []
        module = self.module(ECHO + "    import keeper\n    keeper.kept.append(server)\n", "keep.py")
        with open(os.path.join(self.folder, "keeper.py"), "w", encoding="utf-8") as file:
            file.write("kept = []\n")
        with polycall.Server() as server:
            server.load("python", module)
            import keeper

            kept.extend(keeper.kept)
            kept[0].set_serving("calc.v1.Calc", False)
        with self.assertRaises(polycall.FailedPreconditionError):
            kept[0].set_serving("calc.v1.Calc", True)

    def test_a_servers_end_frees_the_services_that_a_module_added(self):
        module = self.module(ECHO + "    import alive\n    alive.seen.add(server)\n", "free.py")
        with open(os.path.join(self.folder, "alive.py"), "w", encoding="utf-8") as file:
            file.write("import weakref\nseen = weakref.WeakSet()\n")
        with polycall.Server() as server:
            server.load("python", module)
        import alive

        gc.collect()
        self.assertEqual(list(alive.seen), [])

    def test_a_hosted_server_refuses_what_is_its_owners(self):
        server = _host.HostedServer(0)
        for name in ("listen", "start", "wait", "run_worker", "shutdown", "close", "__enter__"):
            with self.subTest(name):
                with self.assertRaisesRegex(polycall.FailedPreconditionError, "belongs to"):
                    getattr(server, name)()


if __name__ == "__main__":
    unittest.main()
