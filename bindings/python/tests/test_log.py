"""Where the runtime's log lines go."""

import os
import signal
import threading
import unittest

import polycall
from calc_polycall import CalcClient
from support import PATIENCE, AddRequest, Calc, serving, unix_target


def live():
    """Something that the library has reason to log about: a server's whole life with a call."""
    with serving(Calc(), target=unix_target()) as target, polycall.Channel(target) as channel:
        CalcClient(channel).add(AddRequest(a=1, b=1), timeout=PATIENCE)


class Log(unittest.TestCase):
    def setUp(self):
        self.addCleanup(polycall.set_log, polycall.LogLevel.WARNING)
        self.lines = []
        self.came = threading.Event()

    def keep(self, level, text):
        self.lines.append((level, text))
        self.came.set()

    def test_lines_go_to_the_sink_with_their_level(self):
        polycall.set_log(polycall.LogLevel.DEBUG, self.keep)
        live()
        self.assertTrue(self.came.wait(PATIENCE))
        for level, text in self.lines:
            self.assertIsInstance(level, polycall.LogLevel)
            self.assertTrue(text)

    def test_a_sink_that_raises_gets_the_next_line_too(self):
        twice = threading.Event()

        def fail(level, text):
            self.lines.append(text)
            if len(self.lines) > 1:
                twice.set()
            raise ValueError("not now")

        with self.assertLogs("polycall", "ERROR") as logged:
            polycall.set_log(polycall.LogLevel.DEBUG, fail)
            live()
            self.assertTrue(twice.wait(PATIENCE))
            polycall.set_log(polycall.LogLevel.NONE)
        self.assertIn(self.lines[0], logged.output[0])

    def test_what_is_no_level_is_refused(self):
        with self.assertRaises(ValueError):
            polycall.set_log(9)

    def test_a_forked_child_may_have_a_sink_of_its_own(self):
        polycall.set_log(polycall.LogLevel.ERROR, self.keep)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                signal.alarm(int(PATIENCE))
                polycall.set_log(polycall.LogLevel.DEBUG, self.keep)
                live()
                code = 0 if self.came.wait(PATIENCE) else 2
            finally:
                os._exit(code)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)


if __name__ == "__main__":
    unittest.main()
