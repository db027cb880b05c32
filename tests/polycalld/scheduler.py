"""A polycalld of a test's own, and waiting for what must happen."""

import contextlib
import json
import os
import subprocess
import tempfile
import time

TOOL = os.environ["POLYCALL_TOOL"]
EVALUATOR = os.environ["POLYCALL_EVALUATOR"]
WAIT_S = 60  # for what must happen; reached only when something is broken

OK, FAILURE, USAGE, BAD_INPUT, UNAVAILABLE, DEADLINE, STATUS = range(7)

EVALUATE = json.dumps(
    {"expression": {"symbol": "SYMBOL_X"}, "from": 0, "to": 1, "points": 2}
)


def manifest(name="evaluator", scale="{min: 0, max: 4}", program=None, more=""):
    """The text of a manifest of the symbolic example's evaluator, in C."""
    program = program or f"host: {{language: c, module: {EVALUATOR}}}"
    return (
        f"name: {name}\nservices: [symbolic.v1.Evaluator]\n{program}\n"
        f"isolation: process\nscale: {scale}\n{more}"
    )


class Result:
    """What a command printed, and how it ended."""

    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr

    def json(self):
        return json.loads(self.out)

    def rows(self):
        """The cells of each line, by the places of the titles."""
        return [line.split() for line in self.out.splitlines() if line]


class Scheduler:
    """A folder of manifests and a run folder; polycalld is ended with the object."""

    def __init__(self, **manifests):
        # Sockets' paths are short: they have room for a hundred bytes.
        self.folder = tempfile.TemporaryDirectory(prefix="pcd", dir="/tmp")
        self.manifests = os.path.join(self.folder.name, "m")
        self.run_folder = os.path.join(self.folder.name, "r")
        os.mkdir(self.manifests)
        for name, text in manifests.items():
            self.write(name, text)

    def write(self, name, text):
        with open(os.path.join(self.manifests, name + ".yaml"), "w", encoding="utf-8") as file:
            file.write(text)

    def environment(self):
        return {**os.environ, "POLYCALL_RUN": self.run_folder, "POLYCALL_SCHEDULER": ""}

    def run(self, *arguments, **options):
        """Runs the polycall command."""
        return Result(
            subprocess.run(
                [TOOL, *arguments],
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=WAIT_S,
                check=False,
                **options,
            )
        )

    def start(self, *arguments, **options):
        """Starts the polycall command, whose lines are read from its standard output."""
        return subprocess.Popen(
            [TOOL, *arguments],
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            **options,
        )

    def up(self, *arguments):
        return self.run("up", self.manifests, *arguments)

    def call(self, name="evaluator", points=EVALUATE):
        """One call at the service's front door."""
        return self.run(
            "call", f"unix:{self.run_folder}/{name}.sock", "symbolic.v1.Evaluator/Evaluate", points
        )

    def service(self, name="evaluator"):
        result = self.run("ps", name, "--json")
        assert result.code == OK, result.err
        return result.json()["services"][0]

    def serving(self, name="evaluator"):
        """The instances of a service that serve."""
        return [one for one in self.service(name)["instances"] if one["state"] == "SERVING"]

    def close(self):
        down = self.run("down")
        # Before the folder goes, with the only way to whoever still runs.
        assert down.code in (OK, UNAVAILABLE), down.err
        self.folder.cleanup()


@contextlib.contextmanager
def scheduler(**manifests):
    made = Scheduler(**manifests)
    try:
        yield made
    finally:
        made.close()


def wait_for(what, condition):
    """Waits until `condition()` is true and returns what it gave."""
    end = time.monotonic() + WAIT_S
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"after {WAIT_S} s still not: {what}")
        time.sleep(0.02)
