"""Rows about polycalld: how long instances take to start, and what many idle ones cost it."""

import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

import plan
from processes import BenchError
from rows import extra_row

PATIENCE = 60


class Polycalld:
    """A polycalld of its own, asked through the polycall command."""

    def __init__(self, build, manifests):
        self.tool = str(build / "bin" / "polycall")
        self._folder = tempfile.TemporaryDirectory(prefix="polycalld-bench-")
        folder = pathlib.Path(self._folder.name)
        folder.chmod(0o755)
        (folder / "manifests").mkdir()
        for name, text in manifests.items():
            (folder / "manifests" / f"{name}.yaml").write_text(text, encoding="utf-8")
        self.target = f"unix:{folder}/run/polycalld.sock"
        self._process = subprocess.Popen(
            [str(build / "bin" / "polycalld"), str(folder / "manifests"), "--run",
             str(folder / "run"), "--share", str(build)], stdout=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    @property
    def pid(self):
        return self._process.pid

    def ask(self, method, **request):
        done = subprocess.run(
            [self.tool, "call", self.target, f"polycall.scheduler.v1.Scheduler/{method}",
             json.dumps(request)], capture_output=True, text=True, timeout=PATIENCE, check=False)
        return json.loads(done.stdout or "{}") if done.returncode == 0 else None

    def serving(self, name=""):
        """The instances that serve, by id."""
        answer = self.ask("List", **({"name": name} if name else {})) or {}
        return {instance["id"]: instance for service in answer.get("services", [])
                for instance in service.get("instances", []) if instance["state"] == "SERVING"}

    def wait_serving(self, count, name="", beside=()):
        """Waits until so many instances serve that are none of `beside`."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            serving = {key: value for key, value in self.serving(name).items() if key not in beside}
            if len(serving) >= count:
                return serving
            time.sleep(0.05)
        raise BenchError(f"polycalld: {count} instances of '{name}' do not serve in {PATIENCE} s")


# Whose rows these are. They have no language: polycalld is measured, not a caller.
POLYCALLD = plan.Peer("polycalld", "", (), None, ())
NAMES = ("sandbox_start", "warm_spare", "hot_wire", "polycalld_idle")
# After an instance was asked to end: it and the question have gone by then, and what is measured next
# has the machine for itself.
SETTLE = 0.15


def jobs(build, programs, quick):
    """The rows' functions by name."""
    return {
        "sandbox_start": lambda: start_rows(build, 10 if quick else 40),
        "warm_spare": lambda: warm_spare_rows(programs, build, 10 if quick else 40),
        "hot_wire": lambda: hot_wire_rows(programs, build, 100 if quick else 1000),
        "polycalld_idle": lambda: idle_rows(build),
    }


def _manifest(name, host, isolation, more=""):
    language, module = host
    return (f"name: {name}\nservices: [symbolic.v1.Any]\nhost: {{language: {language}, module: {module}}}\n"
            f"isolation: {isolation}\n{more}")


def _c_service(build):
    return ("c", str(build / "examples" / "symbolic" / "evaluator.so")), ""


def _python_service(build):
    """Host and further lines of a service in Python; None where Python was not built."""
    made = build / "examples" / "symbolic"
    if not (build / "python").is_dir():
        return None
    source = pathlib.Path(__file__).resolve().parents[2] / "examples" / "symbolic" / "python"
    path = os.pathsep.join([str(build / "python"), str(made / "symbolic_python_proto"), str(source)])
    return ("python", str(source / "drawer.py")), (
        f"environment: {{PYTHONPATH: '{path}'}}\nmounts: [{{source: {source}, target: {source}}}]\n")


def _start_times(polycalld, name, runs):
    """Nanoseconds from starting a process to its first answered call, for so many instances."""
    times, seen = [], set()
    while len(times) < runs:
        for key, instance in polycalld.wait_serving(1, name, seen).items():
            seen.add(key)
            times.append(int(instance["startTime"]))
            polycalld.ask("Stop", name=key)
            time.sleep(SETTLE)
    return times


def start_rows(build, runs):
    """First answered call of an instance in a sandbox, and of one without: C and Python."""
    kinds = {"c": _c_service(build)}
    if python := _python_service(build):
        kinds["python"] = python
    rows = []
    for language, (host, more) in kinds.items():
        names = {kind: f"{language}-{kind}" for kind in ("process", "sandbox")}
        manifests = {name: _manifest(name, host, kind, more + "scale: {min: 1, max: 1}\n")
                     for kind, name in names.items()}
        with Polycalld(build, manifests) as polycalld:
            polycalld.wait_serving(2)
            bare, shut_in = (statistics.median(_start_times(polycalld, name, runs))
                             for name in names.values())
        rows.append(extra_row(
            "sandbox_start", POLYCALLD, transport="unix", placement="cross", value=shut_in, unit="ns",
            note=f"start to first call in {language}, {(shut_in - bare) / 1e6:.2f} ms over the bare process",
            service=language, bare=bare, over_bare=shut_in - bare))
    return rows


def _first_call(programs, polycalld, name, rounds):
    """What bench_hot_wire measures: a new channel on polycall:///name to its first completed call. The
    caller's process has called before, something else."""
    done = subprocess.run(
        [str(programs / "bench_hot_wire"), f"polycall:///{name}", str(rounds), polycalld.target],
        env={**os.environ, "POLYCALL_SCHEDULER": polycalld.target}, capture_output=True,
        text=True, timeout=PATIENCE, check=False)
    if done.returncode != 0:
        raise BenchError(f"bench_hot_wire: {done.stderr}")
    return json.loads(done.stdout)


def hot_wire_rows(programs, build, rounds):
    """From a new channel on polycall:///name to its first completed call, of an instance that serves."""
    host, more = _c_service(build)
    manifests = {"wired": _manifest("wired", host, "process", more + "scale: {min: 1, max: 1}\n")}
    with Polycalld(build, manifests) as polycalld:
        polycalld.wait_serving(1)
        result = _first_call(programs, polycalld, "wired", rounds)
    return [extra_row("hot_wire", POLYCALLD, transport="unix", placement="cross", value=result["p50_ns"],
                      unit="ns", note="new channel on polycall:///name to its first completed call", **result)]


def warm_spare_rows(programs, build, rounds):
    """The first call that a sandboxed spare ever gets, from somebody who has never called the service:
    asking polycalld, connecting, calling. Each round has a spare of its own."""
    language = _python_service(build)
    host, more = language or _c_service(build)
    manifests = {"warm": _manifest("warm", host, "sandbox", more + "scale: {min: 0, max: 1, warm_spares: 1}\n")}
    times, seen = [], set()
    with Polycalld(build, manifests) as polycalld:
        while len(times) < rounds:
            serving = polycalld.wait_serving(1, "warm", seen)
            times.append(_first_call(programs, polycalld, "warm", 1)["p50_ns"])
            for key in serving:
                seen.add(key)
                polycalld.ask("Stop", name=key)
            time.sleep(SETTLE)
    return [extra_row("warm_spare", POLYCALLD, transport="unix", placement="cross", value=statistics.median(times),
                      unit="ns", note=f"new channel to the first call that a spare in {host[0]} ever gets")]


def idle_rows(build, services=100, instances=2, seconds=10):
    """Memory and processor time of a polycalld whose instances have nothing to do."""
    host, more = _c_service(build)
    manifests = {f"idle-{i}": _manifest(f"idle-{i}", host, "process",
                                        more + f"scale: {{min: {instances}, max: {instances}}}\n")
                 for i in range(services)}

    def cpu(pid):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    with Polycalld(build, manifests) as polycalld:
        polycalld.wait_serving(services * instances)
        time.sleep(2)  # what starting left to do
        before, begin = cpu(polycalld.pid), time.monotonic()
        time.sleep(seconds)
        share = (cpu(polycalld.pid) - before) / (time.monotonic() - begin)
        status = pathlib.Path(f"/proc/{polycalld.pid}/status").read_text(encoding="ascii")
        rss = int(status.split("VmRSS:")[1].split()[0]) * 1024
    return [extra_row("polycalld_idle", POLYCALLD, value=rss, unit="bytes",
                      note=f"bytes RSS, {services * instances} idle instances, {share:.2%} of a core",
                      services=services, instances=services * instances, cpu_share=share)]
