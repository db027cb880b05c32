"""Runs the example under polycalld and prints what happened:  scheduled.py BUILD

polycalld starts the five services in sandboxes when they are first called; the front end reaches them by
name, and polycalld leaves the path. Then the parser is killed, again and again, under load. The last line
is "N passed, N failed".
"""

import contextlib
import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time

from demo import EXPRESSION, PATIENCE, Modules, duration, paint

KILLS = 3
LOAD_THREADS = 4
ANSWERS_BETWEEN_KILLS = 2000
# What the interpreters and virtual machines need inside their sandboxes.
MEMORY = {"parser": "512 MiB", "deriver": "1 GiB", "evaluator": "64 MiB", "checker": "2 GiB", "drawer": "512 MiB"}


class Scheduler:
    """polycalld on the example's five services."""

    def __init__(self, build, folder):
        self.run = folder / "run"
        self.tool = str(build / "bin" / "polycall")
        self.environment = dict(os.environ, POLYCALL_SCHEDULER=f"unix:{self.run}/polycalld.sock")
        manifests = folder / "services"
        manifests.mkdir()
        modules = Modules(build)
        shared = [str(build), str(pathlib.Path(__file__).resolve().parents[2])]
        for name, (language, module) in modules.modules.items():
            (manifests / f"{name}.yaml").write_text(self.manifest(name, language, module, modules), encoding="utf-8")
        self.process = subprocess.Popen(
            [build / "bin" / "polycalld", manifests, "--run", self.run, "--http", "127.0.0.1:0",
             *(word for path in shared for word in ("--share", path))],
            stdout=subprocess.PIPE, text=True, env=modules.environment)

    @staticmethod
    def manifest(name, language, module, modules):
        python_path = modules.environment["PYTHONPATH"]
        return f"""name: {name}
services: [symbolic.v1.{name.capitalize()}]
host: {{language: {language}, module: "{module}"}}
isolation: sandbox
environment: {{PYTHONPATH: "{python_path}", PYTHONDONTWRITEBYTECODE: "1"}}
limits: {{memory: {MEMORY[name]}, pids: 256}}
scale: {{min: 0, max: 2, idle_time: 5 min}}
start_time: 60 s
"""

    def page(self):
        """Waits until it serves; the address of its page."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            ready, _, _ = select.select([self.process.stdout], [], [], 1)
            line = self.process.stdout.readline() if ready else None
            if line == "":
                break
            if line and "http://" in line:
                self._wait_until_it_answers(end)
                return "http://" + line.split("http://", 1)[1].split()[0]
        raise RuntimeError("polycalld did not come up")

    def _wait_until_it_answers(self, end):
        while True:
            try:
                self.ask("ps")
                return
            except RuntimeError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def ask(self, *words):
        done = subprocess.run([self.tool, *words, "--json"], env=self.environment, capture_output=True,
                              text=True, timeout=PATIENCE, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"polycall {' '.join(words)}: {done.stderr}")
        return json.loads(done.stdout)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Load:
    """Threads that parse expressions by name and check every answer."""

    def __init__(self):
        import polycall  # from the build, put on the path by main
        from symbolic_pb2 import ParseRequest
        from symbolic_polycall import ParserClient

        self.answered = self.failed = self.wrong = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._channel = polycall.Channel("polycall:///parser")
        self._client = ParserClient(self._channel)
        self._request = ParseRequest
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(LOAD_THREADS)]
        for thread in self._threads:
            thread.start()

    def _work(self, number):
        import polycall

        while not self._stop.is_set():
            try:
                reply = self._client.parse(
                    self._request(text=f"{number}"), timeout=30,
                    flags=polycall.CallFlags.WAIT_FOR_READY | polycall.CallFlags.IDEMPOTENT)
                wrong, failed = reply.expression.number != number, False
            except polycall.StatusError as error:
                wrong, failed = False, True
                print(paint(f"  {error}", "31"))
            with self._lock:
                self.answered += 1
                self.wrong += wrong
                self.failed += failed

    def wait_for(self, more):
        """Until `more` calls were answered from now on."""
        goal, end = self.answered + more, time.monotonic() + PATIENCE
        while self.answered < goal:
            if time.monotonic() > end:
                raise RuntimeError(f"no {more} answers in {PATIENCE} s: calls hang")
            time.sleep(0.01)

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE)
        self._channel.close()


class Demo:
    def __init__(self, build, scheduler):
        self.scheduler = scheduler
        self.front_end = str(build / "examples" / "symbolic" / "symbolic")
        self.passed = self.failed = 0

    def judge(self, good, otherwise):
        self.passed += bool(good)
        self.failed += not good
        if not good:
            print(paint(f"  {otherwise}", "31"))

    def draw(self, title):
        print(paint(title, "1"))
        targets = [word for name in MEMORY for word in (f"--{name}", f"polycall:///{name}")]
        start = time.monotonic()
        done = subprocess.run([self.front_end, EXPRESSION, "--from", "-6", "--to", "6", "--json", *targets],
                              env=self.scheduler.environment, capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
        took = time.monotonic() - start
        self.judge(done.returncode == 0, f"symbolic ended with {done.returncode}: {done.stderr}")
        for call in map(json.loads, done.stdout.splitlines()):
            print(f"  {call['method']:<22} {call['language']:<8} {paint(format(call['transport'], '<7'), '32')} "
                  f"{duration(call['ns']):>10}  {call['result']}")
            self.judge(call["transport"] == "shm", f"{call['method']} took {call['transport']}, not shm")
        print(f"  {took:.2f} s in all\n")

    def show_instances(self):
        print(paint("  service     instance       state     isolation  pid", "2"))
        for service in self.scheduler.ask("ps").get("services", []):
            for instance in service.get("instances", []):
                print(f"  {service['name']:<11} {instance['id']:<14} {instance['state'].lower():<9} "
                      f"{service.get('isolation', '').lower():<10} {instance.get('pid', '')}")
        print()

    def kill_under_load(self):
        print(paint(f"The parser is killed {KILLS} times under load:", "1"))
        load = Load()
        try:
            for _ in range(KILLS):
                load.wait_for(ANSWERS_BETWEEN_KILLS)
                for service in self.scheduler.ask("ps").get("services", []):
                    if service["name"] == "parser":
                        for instance in service.get("instances", []):
                            with contextlib.suppress(ProcessLookupError):
                                os.kill(int(instance["pid"]), signal.SIGKILL)
            load.wait_for(ANSWERS_BETWEEN_KILLS)
        finally:
            load.stop()
        print(f"  {load.answered:,} calls: {load.failed} failed, {load.wrong} wrong answers\n")
        self.judge(load.failed == 0, f"{load.failed} calls failed")
        self.judge(load.wrong == 0, f"{load.wrong} wrong answers")


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    modules = Modules(build)
    sys.path[:0] = modules.environment["PYTHONPATH"].split(os.pathsep)
    with tempfile.TemporaryDirectory(prefix="polycalld-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)  # instances run as another user, and their sockets are in there
        scheduler = Scheduler(build, pathlib.Path(folder))
        os.environ.update(scheduler.environment)
        try:
            page = scheduler.page()
            print(f"polycalld runs (pid {scheduler.process.pid}); its page: {paint(page, '36')}\n")
            demo = Demo(build, scheduler)
            demo.draw("The first call of each service starts it, in a sandbox:")
            demo.draw("The services run: callers are wired to them, polycalld is not in the path:")
            demo.show_instances()
            demo.kill_under_load()
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
            sys.exit(f"demo: {error}")
        finally:
            scheduler.stop()
    print(f"{demo.passed} passed, {demo.failed} failed")
    return 1 if demo.failed else 0


if __name__ == "__main__":
    sys.exit(main())
