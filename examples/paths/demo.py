"""Shows one caller on every path, and a channel that is moved under load:  demo.py BUILD

The last line is "N passed, N failed": one case for each path and each promise.
"""

import collections
import contextlib
import json
import os
import pathlib
import select
import subprocess
import sys
import tempfile
import time
import urllib.request

PATIENCE = 60  # seconds for a program to come up, to move or to end
RATE = 4000  # calls per second while the channel is moved
COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def paint(text, code):
    return f"\x1b[{code}m{text}\x1b[0m" if COLOUR else text


class Program:
    """A program with a pipe at both ends; it ends when its standard input does."""

    def __init__(self, *command):
        self.command = [str(word) for word in command]
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._rest = b""

    def line(self, patience=PATIENCE):
        """The next line of its output; None at the end."""
        end = time.monotonic() + patience
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            if not ready:
                raise RuntimeError(f"nothing came for {patience} s from {' '.join(self.command)}")
            part = os.read(self.process.stdout.fileno(), 65536)
            if not part:
                return None
            self._rest += part
        line, self._rest = self._rest.split(b"\n", 1)
        return line.decode()

    def listening(self):
        line = self.line() or ""
        if not line.startswith("listening "):
            raise RuntimeError(f"it did not come up: {' '.join(self.command)}")
        return line.removeprefix("listening ")

    def finish(self):
        """Ends its input; gives the rest of its output."""
        self.process.stdin.close()
        lines = list(iter(self.line, None))
        self.process.wait(PATIENCE)
        return lines

    def stop(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Demo:
    def __init__(self, build, folder, stack):
        self.programs, self.tool = build / "examples" / "paths", build / "bin" / "polycall"
        self.folder, self.stack = folder, stack
        self.passed = self.failed = 0

    def judge(self, good, otherwise):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(paint(f"  {otherwise}", "31"))
        return good

    def serve(self, *targets):
        server = Program(self.programs / "ledger_server", "--tls", self.folder, *targets)
        self.stack.callback(server.stop)
        return server, [server.listening() for _ in targets]

    def certificates(self):
        subprocess.run([self.tool, "certs", "--out", self.folder, "--name", "127.0.0.1"], check=True,
                       stdout=subprocess.DEVNULL, timeout=PATIENCE)

    def paths(self):
        """One caller, one service, one port: every path there is."""
        unix = f"unix:{self.folder}/ledger.sock"
        _, (unix, tcp) = self.serve(unix, "tcp://127.0.0.1:0")
        port = tcp.removeprefix("tcp://")
        authority = ["--tls-ca", f"{self.folder}/ca.pem"]
        print(paint(f"  {'target':<34} {'path':<7} {'time':>10}", "2"))
        for target, expected, options in (
            ("inproc:ledger", "inproc", []),
            (port, "shm", []),
            (unix, "shm", []),
            (unix, "unix", ["--only", "unix"]),
            (tcp, "tcp", ["--only", "tcp"]),
            (f"tls://{port}", "tls", authority),
            (f"grpc://{port}", "grpc", []),
        ):
            done = subprocess.run([self.programs / "ledger_caller", *options, target],
                                  capture_output=True, text=True, timeout=PATIENCE, check=False)
            shown = target.replace(str(self.folder), "..")
            if not self.judge(done.returncode == 0, f"{shown}: {done.stderr.strip()}"):
                continue
            transport, nanoseconds, _ = done.stdout.split("\t")
            self.judge(transport == expected, f"{shown} took {transport}, not {expected}")
            only = f"  (no other than {expected} allowed)" if "--only" in options else ""
            self.row(shown, transport, int(nanoseconds), only)
        self.by_http(port)

    def by_http(self, port):
        """The same port, the same method, as a browser or curl calls it."""
        url = f"http://{port}/paths.v1.Ledger/Enter"
        times = []
        for number in range(200):
            request = urllib.request.Request(url, json.dumps({"number": str(number)}).encode(),
                                             {"Content-Type": "application/json"})
            start = time.monotonic_ns()
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                answer = json.load(response)
            times.append(time.monotonic_ns() - start)
        self.judge(answer["transport"] == "http", f"{url} answered {answer}")
        self.row(url.replace(port, "..") + " {..}", answer["transport"], sorted(times)[100],
                 "  (JSON, from Python, a connection each)")

    @staticmethod
    def row(target, transport, nanoseconds, note):
        print(f"  {target:<34} {paint(format(transport, '<7'), '32')} "
              f"{nanoseconds / 1000:>7.1f} us{paint(note, '2')}")

    def move(self):
        """A channel that follows a file, under load: there and back, and its server goes away."""
        first, (near,) = self.serve(f"unix:{self.folder}/one.sock")
        _, (far,) = self.serve("tcp://127.0.0.1:0")
        _, (last,) = self.serve(f"unix:{self.folder}/two.sock")
        targets = self.folder / "targets"

        def point_to(target):
            (self.folder / "targets.new").write_text(target + "\n", encoding="utf-8")
            os.replace(self.folder / "targets.new", targets)

        point_to(far + "?")  # not a target: said in the log, and waited out
        point_to(far)
        load = Program(self.programs / "ledger_load", f"file://{targets}", RATE)
        self.stack.callback(load.stop)
        moves = []

        def wait_for(reason):
            line = load.line()
            moves.append(line.removeprefix("now "))
            print(f"  {paint(moves[-1], '32'):<8} {reason}")
            time.sleep(0.7)  # let it work there for a while

        wait_for("the file names a server by TCP; it runs on this host, but listens on nothing nearer")
        point_to(near)
        wait_for("the file names another server, on a unix socket")
        point_to(far)
        wait_for("back again")
        point_to(last)
        wait_for("a third server")
        lines = load.finish()
        self.account(lines, moves, near, far, last)
        del first

    def account(self, lines, moves, *ledgers):
        """Every call exactly once, over all ledgers."""
        _, calls, _, failed = lines[0].split()
        entered = collections.Counter()
        for target in ledgers:
            done = subprocess.run([self.tool, "call", "--json", target, "paths.v1.Ledger/Audit", "{}"],
                                  capture_output=True, text=True, timeout=PATIENCE, check=True)
            entered.update(int(number) for number in json.loads(done.stdout).get("numbers", []))
        lost = int(calls) - len(entered)
        twice = sum(1 for count in entered.values() if count > 1)
        for line in lines[1:]:
            _, transport, _, count, _, p50, _, p99 = line.split()
            print(f"  {transport}: {int(count):,} calls, p50 {int(p50) / 1000:.0f} us, p99 {int(p99) / 1000:.0f} us")
        print(f"  {int(calls):,} calls while the channel moved {len(moves) - 1} times: "
              f"{failed} failed, {lost} lost, {twice} carried out twice")
        self.judge(int(calls) > 0 and failed == "0", f"{failed} calls failed")
        self.judge(lost == 0, f"{lost} calls were lost")
        self.judge(twice == 0, f"{twice} calls were carried out twice")


def main(build):
    with tempfile.TemporaryDirectory(prefix="paths-") as folder, contextlib.ExitStack() as stack:
        demo = Demo(build, pathlib.Path(folder), stack)
        demo.certificates()
        print(paint("One caller, one service, one port; only the target differs:", "1"))
        demo.paths()
        print(paint(f"\nA channel is moved under {RATE:,} calls per second:", "1"))
        demo.move()
    print(f"{demo.passed} passed, {demo.failed} failed")
    return 1 if demo.failed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
