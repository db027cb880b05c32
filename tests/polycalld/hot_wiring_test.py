"""Callers of polycall:///name: wired to instances, with polycalld out of their way."""

import os
import pathlib
import signal
import threading
import unittest

import polycall
from scheduler import OK, manifest, scheduler, wait_for
from symbolic_pb2 import SYMBOL_X, EvaluateRequest, Expression
from symbolic_polycall import EvaluatorClient

# Kept small, so that a stream of many values is under way for as long as its reader takes.
CHUNK = 1000
POINTS = 20_000_000


def request(points=2):
    return EvaluateRequest(
        expression=Expression(symbol=SYMBOL_X), to=1, points=points, chunk=CHUNK
    )


def evaluate(client):
    """One whole call."""
    return [value for samples in client.evaluate(request(), timeout=60) for value in samples.values]


def state_of(pid):
    """"S", "T" and so on, as the kernel says."""
    text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    return text.rsplit(")", 1)[1].split()[0]


class HotWiring(unittest.TestCase):
    def setUp(self):
        self.pd = self.enterContext(scheduler(evaluator=manifest()))
        os.environ["POLYCALL_RUN"] = self.pd.run_folder
        os.environ.pop("POLYCALL_SCHEDULER", None)
        self.addCleanup(os.environ.pop, "POLYCALL_RUN", None)
        up = self.pd.up()
        self.assertEqual(up.code, OK, up.err)

    def polycalld_pid(self):
        return self.pd.run("top", "--once", "--json").json()["pid"]

    def wires(self):
        """This process's wires, as polycalld shows them."""
        wires = self.pd.run("top", "--once", "--json").json().get("wires", [])
        return [wire for wire in wires if wire["pid"] == os.getpid()]

    def test_a_call_starts_the_service_and_polycalld_shows_how_its_caller_is_wired(self):
        self.assertEqual(self.pd.service()["state"], "ASLEEP")
        with polycall.Channel("polycall:///evaluator") as channel:
            self.assertEqual(evaluate(EvaluatorClient(channel)), [0, 1])
            wires = wait_for(
                "wired to the instance",
                lambda: [wire for wire in self.wires() if wire["instance"] == "evaluator-1"],
            )
            self.assertIn(wires[0]["transport"], ("shm", "unix"))
            self.assertEqual(wires[0]["service"], "evaluator")
        wait_for("nobody is wired any more", lambda: not self.wires())

    def test_explain_shows_the_way_to_a_name(self):
        self.assertEqual(self.pd.run("scale", "evaluator", "1..1").code, OK)
        wait_for("an instance serves", self.pd.serving)
        result = self.pd.run("explain", "polycall:///evaluator")
        self.assertEqual(result.code, OK, result.err)
        self.assertIn("evaluator-1.sock", result.out)

    def test_polycalld_may_stop_and_calls_go_on(self):
        pid = self.polycalld_pid()
        with polycall.Channel("polycall:///evaluator") as channel:
            client = EvaluatorClient(channel)
            self.assertEqual(evaluate(client), [0, 1])
            stream = self.enterContext(client.evaluate(request(POINTS)))
            under_way = iter(stream)
            self.assertEqual(next(under_way).first, 0)
            os.kill(pid, signal.SIGSTOP)
            try:
                wait_for("polycalld is stopped", lambda: state_of(pid) == "T")
                for number in range(1, 2000):
                    self.assertEqual(next(under_way).first, number * CHUNK)
                for _ in range(100):
                    self.assertEqual(evaluate(client), [0, 1])
                self.assertEqual(state_of(pid), "T")
            finally:
                os.kill(pid, signal.SIGCONT)
            self.assertEqual(next(under_way).first, 2000 * CHUNK)
            stream.cancel()
        self.assertEqual(len(self.pd.serving()), 1)

    def test_callers_follow_when_instances_come_and_go(self):
        self.assertEqual(self.pd.run("scale", "evaluator", "1..1").code, OK)
        first = wait_for("an instance serves", self.pd.serving)[0]["id"]
        failures, done = [], threading.Event()

        def call_on(client):
            while not done.is_set():
                try:
                    if evaluate(client) != [0, 1]:
                        failures.append("a wrong answer")
                except polycall.StatusError as error:
                    failures.append(str(error))

        with polycall.Channel("polycall:///evaluator") as channel:
            caller = threading.Thread(target=call_on, args=(EvaluatorClient(channel),))
            caller.start()
            try:
                self.assertEqual(self.pd.run("stop", first).code, OK)
                wait_for(
                    "the caller is wired to another instance",
                    lambda: [wire for wire in self.wires() if wire["instance"] not in ("", first)],
                )
            finally:
                done.set()
                caller.join()
        self.assertEqual(failures, [])


if __name__ == "__main__":
    unittest.main()
