"""Rows about polycalld: how long instances take to start, and what many idle ones cost it."""

import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

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


def _manifest(name, host, isolation, more=""):
    language, module = host
    return (f"name: {name}\nservices: [symbolic.v1.Any]\nhost: {{language: {language}, module: {module}}}\n"
            f"isolation: {isolation}\n{more}")


def _start_times(polycalld, name, runs):
    """Nanoseconds from starting a process to its first answered call, for so many instances."""
    times, seen = [], set()
    while len(times) < runs:
        for key, instance in polycalld.wait_serving(1, name, seen).items():
            seen.add(key)
            times.append(int(instance["startTime"]))
            polycalld.ask("Stop", name=key)
    return times


def start_rows(peer, build, runs):
    """First answered call of an instance in a sandbox, and of one without: C and Python."""
    made = build / "examples" / "symbolic"
    python = os.pathsep.join([str(build / "python"), str(made / "symbolic_python_proto")])
    source = pathlib.Path(__file__).resolve().parents[2] / "examples" / "symbolic" / "python"
    kinds = {"c": (("c", str(made / "evaluator.so")), "")}
    if (build / "python").is_dir():
        kinds["python"] = (("python", str(source / "drawer.py")),
                           f"environment: {{PYTHONPATH: '{python}:{source}'}}\n"
                           f"mounts: [{{source: {source}, target: {source}}}]\n")
    manifests = {}
    for language, (host, more) in kinds.items():
        for isolation in ("process", "sandbox"):
            name = f"{language}-{isolation}"
            manifests[name] = _manifest(name, host, isolation, more + "scale: {min: 1}\n")
    rows = []
    with Polycalld(build, manifests) as polycalld:
        for language in kinds:
            bare = statistics.median(_start_times(polycalld, f"{language}-process", runs))
            shut_in = statistics.median(_start_times(polycalld, f"{language}-sandbox", runs))
            rows.append(extra_row(
                "sandbox_start", peer, transport="unix", placement="cross", value=shut_in, unit="ns",
                service=language, bare=bare, over_bare=shut_in - bare))
    return rows


def hot_wire_rows(peer, programs, build, rounds):
    """From a new channel on polycall:///name to its first completed call, of an instance that serves."""
    host = ("c", str(build / "examples" / "symbolic" / "evaluator.so"))
    manifests = {"wired": _manifest("wired", host, "process", "scale: {min: 1, max: 1}\n")}
    with Polycalld(build, manifests) as polycalld:
        polycalld.wait_serving(1)
        done = subprocess.run(
            [str(programs / "bench_hot_wire"), "polycall:///wired", str(rounds)],
            env={**os.environ, "POLYCALL_SCHEDULER": polycalld.target}, capture_output=True,
            text=True, timeout=PATIENCE, check=False)
    if done.returncode != 0:
        raise BenchError(f"bench_hot_wire: {done.stderr}")
    result = json.loads(done.stdout)
    return [extra_row("hot_wire", peer, transport="unix", placement="cross", value=result["p50_ns"],
                      unit="ns", **result)]


def idle_rows(peer, build, services=100, instances=2, seconds=10):
    """Memory and processor time of a polycalld whose instances have nothing to do."""
    host = ("c", str(build / "examples" / "symbolic" / "evaluator.so"))
    manifests = {f"idle-{i}": _manifest(f"idle-{i}", host, "process",
                                        f"scale: {{min: {instances}, max: {instances}}}\n")
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
    return [extra_row("polycalld_idle", peer, value=rss, unit="bytes RSS", services=services,
                      instances=services * instances, cpu_share=share)]
