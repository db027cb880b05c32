"""Runs the example and prints what happened:  demo.py BUILD [--expression TEXT] [-o FILE]

Draws a function and its derivative through five languages, first with every service in a process of
its own, then with all of them in the front end's process, and shows that both give the same. The
last line is "N passed, N failed".
"""

import argparse
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 60  # seconds for a service to come up, or the front end to end
EXPRESSION = "sin(x)*exp(-x^2/8)"
BAD_EXPRESSIONS = ("sin(x)*exp(-x^2/8", "2 * + x", "sin(x) + cot(x)", "3 x", "π·x")

COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def paint(text, code):
    return f"\x1b[{code}m{text}\x1b[0m" if COLOUR else text


class Modules:
    """Where the build put each service, as `polycall host` and the front end name it."""

    def __init__(self, build):
        made = build / "examples" / "symbolic"
        self.modules = {
            "parser": ("haskell", str(made / "parser.so")),
            "deriver": ("lisp", str(made / "lisp" / "deriver.lisp")),
            "evaluator": ("c", str(made / "evaluator.so")),
            "checker": ("java", f"{made / 'checker.jar'}:{made / 'symbolic_java_proto' / 'symbolic_java_proto.jar'}"
                        "!symbolic.CheckerModule"),
            "drawer": ("python", str(HERE / "python" / "drawer.py")),
        }
        self.environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
        self.environment["PYTHONPATH"] = os.pathsep.join(
            [str(build / "python"), str(made / "symbolic_python_proto"), str(HERE / "python")])

    def hosted(self):
        """Front-end arguments that put every service into its process."""
        return [word for name, (language, module) in self.modules.items()
                for word in (f"--{name}", f"host:{language}:{module}")]


class Process:
    """A service in a process of its own."""

    def __init__(self, build, modules, name, folder):
        language, module = modules.modules[name]
        self.name, self.language = name, language
        self.command = [str(build / "bin" / "polycall"), "host", "--lang", language, module,
                        "--listen", f"unix:{folder}/{name}.sock"]
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, env=modules.environment, text=True)

    def wait_until_it_listens(self):
        line = self.process.stdout.readline()
        if not line.startswith("listening"):
            raise RuntimeError(f"the {self.name} ({self.language}) did not come up; it was started "
                               f"with\n  {' '.join(self.command)}")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Demo:
    def __init__(self, build, expression, output, folder):
        self.build, self.expression, self.output, self.folder = build, expression, output, folder
        self.modules = Modules(build)
        self.front_end = str(build / "examples" / "symbolic" / "symbolic")
        self.passed = self.failed = 0

    def run(self):
        with contextlib.ExitStack() as stack:
            start = time.monotonic()
            processes = []
            for name in self.modules.modules:
                processes.append(Process(self.build, self.modules, name, self.folder))
                stack.callback(processes[-1].stop)
            for process in processes:
                process.wait_until_it_listens()
            pids = ", ".join(f"{p.name} in {p.language} (pid {p.process.pid})" for p in processes)
            print(f"Five services run, each in a process of its own, after "
                  f"{time.monotonic() - start:.1f} s: {pids}.\n")
            separate = self.draw("every service in its own process", ["--directory", self.folder])
            self.refuse()
        hosted = self.draw("every service in the caller's process", self.modules.hosted())
        self.compare(separate, hosted)

    def draw(self, title, arguments):
        print(paint(f"{self.expression}: {title}", "1"))
        done = subprocess.run([self.front_end, self.expression, "--from", "-6", "--to", "6", "-o",
                               self.output, "--json", *arguments], env=self.modules.environment,
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"symbolic ended with {done.returncode}: {done.stderr}")
        calls = [json.loads(line) for line in done.stdout.splitlines()]
        print(paint(f"  {'call':<22} {'language':<8} {'path':<7} {'time':>10}  result", "2"))
        for call in calls:
            print(f"  {call['method']:<22} {call['language']:<8} "
                  f"{paint(format(call['transport'], '<7'), '35' if call['transport'] == 'inproc' else '32')} "
                  f"{duration(call['ns']):>10}  {call['result']}")
            self.passed += 1
        print()
        return calls

    def refuse(self):
        """Bad expressions: each gets an error that points at the character."""
        for text in BAD_EXPRESSIONS:
            done = subprocess.run([self.front_end, text, "--directory", self.folder],
                                  env=self.modules.environment, capture_output=True, text=True,
                                  timeout=PATIENCE, check=False)
            lines = done.stderr.splitlines()
            good = done.returncode == 2 and len(lines) == 3 and lines[2].strip() == "^"
            self.judge(good, f"'{text}' should have been refused: {done.stderr}")
            if good:
                print("  " + paint(lines[0], "31"))
                print("\n".join("  " + line for line in lines[1:]))
        print()

    def compare(self, separate, hosted):
        for one, other in zip(separate, hosted, strict=True):
            self.judge((one["method"], one["result"]) == (other["method"], other["result"]),
                       f"{one['method']} gave '{one['result']}' and '{other['result']}'")
            self.judge(other["transport"] == "inproc", f"{other['method']} was not called inproc")

    def judge(self, good, otherwise):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(paint(otherwise, "31"))


def duration(nanoseconds):
    microseconds = nanoseconds / 1000
    return f"{microseconds:.1f} us" if microseconds < 1000 else f"{microseconds / 1000:.2f} ms"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--expression", default=EXPRESSION)
    parser.add_argument("-o", "--output", default=None, help="the picture's file")
    options = parser.parse_args()
    build = options.build.resolve()
    output = options.output or str(build / "examples" / "symbolic" / "plot.png")
    # A unix socket's path may have 107 bytes: /tmp is short.
    with tempfile.TemporaryDirectory(prefix="polycall-", dir="/tmp") as folder:
        demo = Demo(build, options.expression, output, folder)
        try:
            demo.run()
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
            sys.exit(f"demo: {error}")
    print(f"The picture is {output}.")
    print(f"{demo.passed} passed, {demo.failed} failed")
    return 1 if demo.failed else 0


if __name__ == "__main__":
    sys.exit(main())
