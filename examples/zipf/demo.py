"""Runs the example and prints what happened:  demo.py BUILD

Starts the three services as processes of their own, lets a caller in each language call all of them
over each transport, checks that all callers were told the same, and stops what it started. The last
line is "N passed, N failed": one case for each call.
"""

import contextlib
import os
import pathlib
import select
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TEXT = HERE / "text" / "the_bridge.txt"
PATIENCE = 30  # seconds for a service to come up, or a caller to end

COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def paint(text, code):
    return f"\x1b[{code}m{text}\x1b[0m" if COLOUR else text


class Service:
    """A running service process; `addresses` are the targets that callers use."""

    def __init__(self, name, command, targets, environment):
        self.name = name
        self.process = subprocess.Popen([*command, *targets], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env=environment)
        try:
            self.addresses = self._addresses(len(targets))
        except BaseException:
            self.stop()
            raise

    def _addresses(self, count):
        end = time.monotonic() + PATIENCE
        heard = b""
        while heard.count(b"\n") < count:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            part = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not part:
                raise RuntimeError(f"the {self.name} service did not come up; it said: {heard!r}")
            heard += part
        return [line.split(" ", 1)[1] for line in heard.decode().splitlines()]

    def stop(self):
        """Ends the service: it serves until its standard input ends."""
        self.process.stdin.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def call_all(command, targets, environment):
    """Runs a caller; returns (rows, bars)."""
    done = subprocess.run([*command, str(TEXT), *targets], env=environment, timeout=PATIENCE,
                          stdout=subprocess.PIPE, text=True, encoding="utf-8", check=False)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    if done.returncode != 0:
        raise RuntimeError(f"{pathlib.Path(command[-1]).name} ended with {done.returncode}; run it "
                           f"again: {' '.join([*command, str(TEXT), *targets])}")
    return [row for row in rows if row[0] != "bar"], [row[1] for row in rows if row[0] == "bar"]


def duration(nanoseconds):
    microseconds = nanoseconds / 1000
    if microseconds < 1000:
        return f"{microseconds:.1f} us"
    return f"{microseconds / 1000:.2f} ms"


class Table:
    HEADS = ("caller", "callee", "asked for", "transport", "call", "kind", "median", "result")
    WIDTHS = (7, 7, 11, 9, 13, 13, 9, 0)
    TRANSPORT_COLOURS = {"inproc": "35", "unix": "32", "tcp": "36"}

    def _line(self, cells):
        return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, self.WIDTHS)).rstrip()

    def head(self):
        print(paint(self._line(self.HEADS), "1"))

    def row(self, caller, asked, row):
        callee, call, kind, transport, median, result = row
        line = self._line((caller, callee, asked, transport, call, kind,
                           f"{duration(int(median)):>9}", result))
        print(paint(line, self.TRANSPORT_COLOURS.get(transport, "0")))

    def gap(self):
        print()


class Demo:
    def __init__(self, build, folder):
        generated = build / "examples" / "zipf"
        self.environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", PYTHONIOENCODING="utf-8")
        self.environment["PYTHONPATH"] = os.pathsep.join(
            [str(build / "python"), str(generated / "zipf_proto_python"), str(HERE / "python")])
        python = "/usr/bin/python3"
        self.services = {
            "C": [str(generated / "counter_server")],
            "C++": [str(generated / "ranker_server")],
            "Python": [python, str(HERE / "python" / "painter.py")],
        }
        self.callers = {
            "C++": [str(generated / "zipf_cpp")],
            "C": [str(generated / "zipf_c")],
            "Python": [python, str(HERE / "python" / "caller.py")],
        }
        self.folder = folder
        self.table = Table()
        self.answers = {}  # call -> what the first caller was told
        self.passed = 0
        self.failed = 0
        self.bars = []

    def run(self):
        with contextlib.ExitStack() as stack:
            running = {}
            for language, command in self.services.items():
                targets = [f"unix:{self.folder}/{len(running)}.sock", "tcp://127.0.0.1:0"]
                running[language] = Service(language, command, targets, self.environment)
                stack.callback(running[language].stop)
            print(f"Three services run, each in a process of its own: Counter in C "
                  f"(pid {running['C'].process.pid}), Ranker in C++ "
                  f"(pid {running['C++'].process.pid}), Painter in Python "
                  f"(pid {running['Python'].process.pid}).")
            print(f"They read {TEXT.name}, {len(TEXT.read_text(encoding='utf-8').split())} words of "
                  "it.\n")
            unix = [service.addresses[0] for service in running.values()]
            tcp = [service.addresses[1] for service in running.values()]
            negotiated = [address.removeprefix("tcp://") for address in tcp]
            self.table.head()
            for caller in self.callers:
                self.call(caller, "unix:PATH", unix)
                self.call(caller, "tcp://H:P", tcp)
                self.call(caller, "H:P", negotiated)
                # The service of the caller's own language, in the caller's own process.
                inproc = ["inproc:zipf" if language == caller else address
                          for language, address in zip(running, unix)]
                self.call(caller, "inproc:NAME", inproc, only="inproc")
                self.table.gap()

    def call(self, caller, asked, targets, only=None):
        rows, bars = call_all(self.callers[caller], targets, self.environment)
        self.bars = bars or self.bars
        for row in rows:
            if only is None or row[3] == only:
                self.table.row(caller, asked, row)
                self.judge(caller, asked, row)

    def judge(self, caller, asked, row):
        """Every caller has to be told the same, over every transport."""
        call, result = row[1], row[5]
        if self.answers.setdefault(call, result) == result:
            self.passed += 1
        else:
            self.failed += 1
            print(paint(f"  {caller} over {asked} was told something else than the first caller, "
                        f"which was: {self.answers[call]}", "31"))

    def finish(self):
        print("Times are medians of 25 calls; a streaming call is timed from its start to its status.")
        print("And what the Painter made of what the Ranker made of what the Counter counted:\n")
        for bar in self.bars:
            print("  " + bar)
        print(f"\n{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: demo.py BUILD")
    # A unix socket's path may have 107 bytes: /tmp is short.
    with tempfile.TemporaryDirectory(prefix="polycall-", dir="/tmp") as folder:
        demo = Demo(pathlib.Path(sys.argv[1]).resolve(), folder)
        try:
            demo.run()
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
            sys.exit(f"demo: {error}")
        return demo.finish()


if __name__ == "__main__":
    sys.exit(main())
