"""The commands for polycalld: what they do, what they print, how they exit."""

import json
import os
import pty
import signal
import subprocess
import unittest

from scheduler import (
    BAD_INPUT,
    FAILURE,
    OK,
    STATUS,
    TOOL,
    UNAVAILABLE,
    USAGE,
    WAIT_S,
    manifest,
    scheduler,
    wait_for,
)


class Up(unittest.TestCase):
    def test_up_starts_polycalld_and_waits_until_services_are_ready(self):
        with scheduler(evaluator=manifest(scale="{min: 2, max: 4}")) as pd:
            result = pd.up()
            self.assertEqual(result.code, OK, result.err)
            self.assertIn("polycalld runs as pid", result.out)
            self.assertRegex(result.out, r"evaluator +ready +2 of 2\.\.4")
            self.assertEqual(len(pd.serving()), 2)

    def test_up_says_what_changed_when_polycalld_runs_already(self):
        with scheduler(evaluator=manifest(), old=manifest("old")) as pd:
            self.assertEqual(pd.up().code, OK)
            # In another folder: its own polycalld watches, and may be faster.
            pd.manifests = os.path.join(pd.folder.name, "n")
            os.mkdir(pd.manifests)
            pd.write("evaluator", manifest(scale="{min: 1, max: 1}"))
            pd.write("new", manifest("new"))
            result = pd.up()
            self.assertEqual(result.code, OK, result.err)
            for line in ("replaced evaluator", "added new", "took away old"):
                self.assertIn(line, result.out)
            self.assertIn("nothing has changed", pd.up().out)

    def test_up_with_json_prints_the_snapshot_only(self):
        with scheduler(evaluator=manifest(scale="{min: 1, max: 1}")) as pd:
            snapshot = pd.up("--json").json()
            self.assertEqual(snapshot["services"][0]["state"], "READY")
            self.assertEqual(pd.up("--json", "--detach").json()["pid"], snapshot["pid"])

    def test_mistakes_in_manifests_are_bad_input_with_file_and_line(self):
        with scheduler(evaluator=manifest(more="memry: 3\n")) as pd:
            result = pd.up()
            self.assertEqual(result.code, BAD_INPUT, result.err)
            self.assertIn("evaluator.yaml:6", result.err)
            self.assertEqual(pd.run("ps").code, UNAVAILABLE)

    def test_mistakes_leave_a_running_polycalld_as_it_was(self):
        with scheduler(evaluator=manifest()) as pd:
            pd.up()
            pd.write("evaluator", manifest(more="memry: 3\n"))
            result = pd.up()
            self.assertEqual(result.code, STATUS)
            self.assertIn("evaluator.yaml:6", result.err)
            self.assertEqual(pd.service()["state"], "ASLEEP")

    def test_a_service_that_crashes_at_once_is_a_failure_that_says_so(self):
        crash = manifest(
            program="command: {argv: [/bin/false]}",
            scale="{min: 1, max: 1}",
            more="restart: {crash_loop_after: 2}\n",
        )
        with scheduler(evaluator=crash) as pd:
            result = pd.up()
            self.assertEqual(result.code, FAILURE, result.err)
            self.assertIn("exit code 1", result.err)
            self.assertEqual(pd.service()["state"], "CRASHING")

    def test_polycalld_says_what_is_wrong_with_its_own_command_line(self):
        daemon = os.path.join(os.path.dirname(TOOL), "polycalld")
        for arguments, wrong in (((), "MANIFESTS is required"), (("/", "--runn", "x"), "no option --runn; did you mean --run?"),
                                 (("/", "/"), "one argument too many: /")):
            done = subprocess.run([daemon, *arguments], capture_output=True, text=True, timeout=WAIT_S, check=False)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertEqual(done.stderr, f"polycalld: {wrong}\nSee polycalld --help\n")

    def test_a_folder_that_is_not_there_is_a_wrong_command_line(self):
        with scheduler() as pd:
            self.assertEqual(pd.run("up", "/nowhere").code, USAGE)

    def test_up_on_a_terminal_shows_a_live_table(self):
        with scheduler(evaluator=manifest(scale="{min: 1, max: 1}")) as pd:
            ours, theirs = pty.openpty()
            up = subprocess.Popen(
                [TOOL, "up", pd.manifests],
                env={**pd.environment(), "TERM": "xterm", "COLUMNS": "60"},
                stdin=subprocess.DEVNULL,
                stdout=theirs,
            )
            os.close(theirs)
            shown = b""
            while True:
                try:
                    piece = os.read(ours, 4096)
                except OSError:  # the other side has closed it
                    break
                if not piece:
                    break
                shown += piece
            os.close(ours)
            self.assertEqual(up.wait(WAIT_S), OK)
            self.assertIn(b"ready", shown)


class Down(unittest.TestCase):
    def test_down_ends_instances_and_polycalld(self):
        with scheduler(evaluator=manifest(scale="{min: 1, max: 1}")) as pd:
            pd.up()
            pid = pd.serving()[0]["pid"]
            result = pd.run("down")
            self.assertEqual((result.code, result.out), (OK, "polycalld has ended\n"), result.err)
            self.assertFalse(os.path.exists(f"/proc/{pid}"))

    def test_every_command_tells_how_to_start_a_polycalld_that_is_not_there(self):
        with scheduler() as pd:
            for command in (["ps"], ["down"], ["top"], ["logs"], ["events"], ["start", "x"]):
                result = pd.run(*command)
                self.assertEqual(result.code, UNAVAILABLE, command)
                self.assertIn("polycall up", result.err)
                self.assertIn(pd.run_folder, result.err)


class Change(unittest.TestCase):
    def test_scale_start_and_stop(self):
        with scheduler(evaluator=manifest()) as pd:
            pd.up()
            self.assertEqual(pd.run("scale", "evaluator", "2").code, OK)
            wait_for("two instances serve", lambda: len(pd.serving()) == 2)
            self.assertEqual(pd.run("stop", "evaluator").code, OK)
            wait_for("no instance is left", lambda: not pd.service()["instances"])
            self.assertEqual(pd.service()["state"], "HALTED")
            self.assertEqual(pd.run("start", "evaluator").code, OK)
            wait_for("two serve again", lambda: len(pd.serving()) == 2)
            self.assertEqual(pd.run("scale", "evaluator", "0..3").code, OK)
            service = pd.service()
            self.assertEqual((service["min"], service["max"]), (0, 3))

    def test_a_stopped_instance_is_replaced(self):
        with scheduler(evaluator=manifest(scale="{min: 1, max: 1}")) as pd:
            pd.up()
            first = pd.serving()[0]["id"]
            self.assertEqual(pd.run("stop", first).code, OK)
            wait_for(
                "another serves", lambda: [one for one in pd.serving() if one["id"] != first]
            )

    def test_wrong_numbers_and_names_are_told(self):
        with scheduler(evaluator=manifest()) as pd:
            pd.up()
            for number in ("x", "3..1", "-1", "1..", "..", "1000000"):
                self.assertEqual(pd.run("scale", "evaluator", "--", number).code, USAGE, number)
            for command in ("start", "stop"):
                result = pd.run(command, "evaluater")
                self.assertEqual(result.code, STATUS)
                self.assertIn("there is evaluator", result.err)

    @unittest.skipUnless(os.geteuid() == 0, "needs to be root to be another user")
    def test_other_users_may_look_but_not_change(self):
        with scheduler(evaluator=manifest()) as pd:
            os.chmod(pd.folder.name, 0o755)
            pd.up("--polycalld=--operators=4711", "--detach")
            viewer, operator = {"user": 4712}, {"user": 4711}
            self.assertEqual(pd.run("ps", **viewer).code, OK)
            result = pd.run("scale", "evaluator", "1", **viewer)
            self.assertEqual(result.code, STATUS)
            self.assertIn("PERMISSION_DENIED", result.err)
            self.assertIn("operator", result.err)
            self.assertEqual(pd.run("scale", "evaluator", "1", **operator).code, OK)
            result = pd.run("down", **operator)
            self.assertEqual(result.code, STATUS)
            self.assertIn("admin", result.err)


class Look(unittest.TestCase):
    def test_ps_counts_what_the_instances_did(self):
        with scheduler(evaluator=manifest()) as pd:
            pd.up()
            self.assertEqual(pd.service()["state"], "ASLEEP")
            for _ in range(3):
                result = pd.call()
                self.assertEqual(result.code, OK, result.err)
            wait_for(
                "three calls were seen",
                lambda: sum(int(one["calls_started"]) for one in pd.serving()) >= 3,
            )
            self.assertRegex(pd.run("ps").out, r"evaluator +ready +1 of 0\.\.4 +c +process")
            self.assertIn("evaluator-1", pd.run("ps", "evaluator").out)

    def test_tables_fit_the_terminal(self):
        with scheduler(evaluator=manifest(scale="{min: 1, max: 1}")) as pd:
            pd.up()
            for width in (40, 60, 100):
                for command in (["ps", "-i"], ["top", "--once"]):
                    os.environ["COLUMNS"] = str(width)
                    try:
                        lines = pd.run(*command).out.splitlines()
                    finally:
                        del os.environ["COLUMNS"]
                    self.assertLessEqual(max(map(len, lines)), width, lines)

    def test_top_tells_one_moment_after_the_other(self):
        with scheduler(evaluator=manifest(scale="{min: 1, max: 1}")) as pd:
            pd.up()
            top = pd.start("top", "--json", "--interval", "100ms")
            moments = [json.loads(top.stdout.readline()) for _ in range(3)]
            top.send_signal(signal.SIGTERM)
            top.wait(WAIT_S)
            top.stdout.close()
            times = [int(moment["time"]) for moment in moments]
            self.assertEqual(times, sorted(set(times)))
            self.assertEqual(moments[0]["services"][0]["name"], "evaluator")

    def test_logs_and_events_follow(self):
        with scheduler(evaluator=manifest(scale="{min: 1, max: 1}")) as pd:
            pd.up()
            logs = pd.start("logs", "-f", "--json", "evaluator")
            events = pd.start("events", "-f", "--json")
            try:
                self.assertIn("listening", json.loads(logs.stdout.readline())["text"])
                self.assertEqual(json.loads(events.stdout.readline())["what"], "started")
                pd.run("stop", pd.serving()[0]["id"])
                for line in events.stdout:
                    if json.loads(line)["what"] == "ended":
                        break
                for line in logs.stdout:
                    if json.loads(line)["instance"] == "evaluator-2":
                        break
            finally:
                for follower in (logs, events):
                    follower.send_signal(signal.SIGTERM)
                    follower.wait(WAIT_S)
                    follower.stdout.close()

    def test_a_watch_tells_where_to_call_and_every_change(self):
        with scheduler(evaluator=manifest()) as pd:
            pd.up()
            watch = pd.start(
                "call",
                f"unix:{pd.run_folder}/polycalld.sock",
                "polycall.scheduler.v1.Scheduler/Watch",
                '{"service": "symbolic.v1.Evaluator"}',
            )
            try:
                door = json.loads(watch.stdout.readline())["endpoints"][0]
                self.assertFalse(door.get("ready", False))
                ready = json.loads(watch.stdout.readline())["endpoints"][0]
                self.assertTrue(ready["ready"])
                self.assertEqual(ready["instance"], "evaluator-1")
                wires = json.loads(pd.run("top", "--once", "--json").out)["wires"]
                self.assertEqual(wires[0]["pid"], watch.pid)
                pd.run("stop", "evaluator")
                while "unavailable" not in json.loads(watch.stdout.readline()):
                    pass
            finally:
                watch.send_signal(signal.SIGTERM)
                watch.wait(WAIT_S)
                watch.stdout.close()


if __name__ == "__main__":
    unittest.main()
