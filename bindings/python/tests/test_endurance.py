"""Eight threads call into a Python server while garbage is collected all the time: 40,000 calls, or as many
as POLYCALL_ENDURANCE_CALLS says."""

import gc
import os
import pathlib
import threading
import unittest

import polycall
from calc_polycall import CalcClient, CalcService
from support import PATIENCE, TARGETS, AddReply, AddRequest, serving

THREADS = 8
CALLS = int(os.environ.get("POLYCALL_ENDURANCE_CALLS", "40000"))
# More than the memory may waver by, less than a leak of 400 bytes a call would be at the calls above.
SLACK = 12 << 20


class Adder(CalcService):
    def add(self, request, context):
        return AddReply(value=request.a + request.b)


def resident_bytes():
    gc.collect()
    pages = pathlib.Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def call_from_threads(calc, calls):
    """What went wrong."""
    failures = []

    def work():
        try:
            for i in range(calls // THREADS):
                value = calc.add(AddRequest(a=i, b=1), timeout=PATIENCE).value
                if value != i + 1:
                    failures.append(f"{i} + 1 is {value}")
        except polycall.StatusError as error:
            failures.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


class Endurance(unittest.TestCase):
    def check(self, transport):
        threshold = gc.get_threshold()
        gc.set_threshold(10)
        self.addCleanup(gc.set_threshold, *threshold)
        with serving(Adder(), target=TARGETS[transport]()) as target, \
                polycall.Channel(target, transports=[transport]) as channel:
            calc = CalcClient(channel)
            self.assertEqual(call_from_threads(calc, CALLS // 4), [])
            before = resident_bytes()
            self.assertEqual(call_from_threads(calc, CALLS), [])
            self.assertLess(resident_bytes() - before, SLACK)

    def test_memory_stays_flat_over_unix(self):
        self.check("unix")

    def test_memory_stays_flat_within_the_process(self):
        self.check("inproc")


if __name__ == "__main__":
    unittest.main()
