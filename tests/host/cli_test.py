"""`polycall host`: what it serves, prints and refuses, and how it ends."""

import json
import os
import select
import signal
import socket
import subprocess
import tempfile
import time
import unittest

TOOL = os.environ["POLYCALL_TOOL"]
C_MODULES = os.environ["HOST_TEST_C_MODULES"]
C_SOURCES = os.environ["HOST_TEST_C_SOURCES"]
PYTHON_SOURCES = os.environ["HOST_TEST_PYTHON_SOURCES"]
WAIT_S = 30  # for what must happen; reached only when something is broken

PLAIN = f"{C_MODULES}/libplain.so:{C_SOURCES}/plain.proto"
ASSEMBLED = f"{C_MODULES}/libassembled.so"
ARITHMETIC = f"{PYTHON_SOURCES}/arithmetic.py"

OK, USAGE, BAD_INPUT, STATUS = 0, 2, 3, 6

SLEEPER = """
import os, subprocess, sys, time
from plain_pb2 import Number
from plain_polycall import PlainService

class Plain(PlainService):
    def subtract(self, request, context):
        print("a handler began", flush=True)
        time.sleep(request.left)
        return Number(value=1)

    def half(self, request, context):
        child = subprocess.Popen(["sleep", "60"])
        child.terminate()
        os._exit(0 if child.wait(timeout=20) == -15 else 9)

def register(server):
    print("buffered until the end")
    server.add(Plain())
"""


def run(*arguments):
    return subprocess.run(
        [TOOL, *arguments], capture_output=True, text=True, timeout=WAIT_S, check=False
    )


class Served:
    """A running `polycall host`."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [TOOL, "host", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,  # so that select() knows of every line
        )

    def line(self):
        ready, _, _ = select.select([self.process.stdout], [], [], WAIT_S)
        assert ready, "nothing was printed"
        line = self.process.stdout.readline().decode()
        assert line, self.process.communicate()[1]
        return line.strip()

    def listening(self):
        """The target of the next line that names one; modules may print, too."""
        while True:
            word, _, target = self.line().partition(" ")
            if word == "listening":
                return target

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=WAIT_S)
        return self.process.returncode, out.decode(), err.decode()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class Host(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def assert_ends(self, result, code, *texts):
        self.assertEqual(result.returncode, code, result.stderr + result.stdout)
        for text in texts:
            self.assertIn(text, result.stderr)

    def subtract(self, target, left, right):
        result = run(
            "call", target, "plain.v1.Plain/Subtract", json.dumps({"left": left, "right": right})
        )
        self.assertEqual(result.returncode, OK, result.stderr)
        return json.loads(result.stdout).get("value", 0)

    def test_plain_functions_are_served_on_each_target_until_sigterm(self):
        unix = f"unix:{self.folder}/plain"
        with Served("--lang", "c", PLAIN, "--listen", unix, "--listen", "tcp://127.0.0.1:0") as host:
            self.assertEqual(host.listening(), unix)
            tcp = host.listening()
            self.assertEqual(self.subtract(unix, 5, 3), 2)
            self.assertEqual(self.subtract(tcp, 3, 5), -2)
            code, _, err = host.end()
        self.assertEqual((code, err), (OK, ""))
        self.assertFalse(os.path.exists(f"{self.folder}/plain"))

    def test_a_python_module_is_served_and_without_listen_on_a_tcp_port(self):
        with Served("--lang", "python", ARITHMETIC, "--name", "sums") as host:
            target = host.listening()
            self.assertTrue(target.startswith("tcp://127.0.0.1:"), target)
            self.assertEqual(self.subtract(target, 5, 3), 2)
            explained = json.loads(run("explain", "--json", target).stdout)
            self.assertIn("sums", json.dumps(explained))
            self.assertEqual(host.end(signal.SIGINT)[0], OK)

    def test_modules_of_several_languages_share_one_server(self):
        with Served(f"python={ARITHMETIC}", f"c={ASSEMBLED}") as host:
            target = host.listening()
            self.assertEqual(self.subtract(target, 5, 3), 2)
            request = json.dumps({"a": 3, "b": 4})
            result = run("call", target, "assembled.v1.Assembled/Hypotenuse", request)
            self.assertEqual(json.loads(result.stdout), {"value": 5})

    def test_two_modules_with_the_same_service_are_refused(self):
        result = run("host", f"python={ARITHMETIC}", f"c={PLAIN}")
        self.assert_ends(result, STATUS, "plain.v1.Plain", "libplain.so")

    def test_json_prints_the_targets_as_one_object(self):
        with Served("--lang", "c", PLAIN, "--json") as host:
            (target,) = json.loads(host.line())["listening"]
            self.assertEqual(self.subtract(target, 1, 1), 0)

    def module(self, text):
        path = os.path.join(self.folder, "module.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def begun_call(self, host, target, seconds):
        call = subprocess.Popen(
            [TOOL, "call", target, "plain.v1.Plain/Subtract", json.dumps({"left": seconds})],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(call.communicate)
        self.addCleanup(call.kill)
        self.assertEqual(host.line(), "a handler began")
        return call

    def test_a_call_under_way_ends_before_the_host_does_and_output_is_flushed(self):
        with Served("--lang", "python", self.module(SLEEPER)) as host:
            call = self.begun_call(host, host.listening(), 0.5)
            code, _, err = host.end()
            out, call_err = call.communicate(timeout=WAIT_S)
        self.assertEqual((code, err), (OK, ""))
        self.assertEqual(json.loads(out), {"value": 1}, call_err)

    def test_what_python_buffers_is_printed_at_the_end(self):
        with Served("--lang", "python", self.module(SLEEPER)) as host:
            first = host.line()
            code, out, _ = host.end()
        self.assertEqual(code, OK)
        self.assertIn("buffered until the end", [first, *out.splitlines()])

    def test_calls_that_outlast_the_grace_are_cancelled(self):
        with Served("--lang", "python", self.module(SLEEPER), "--grace", "50ms") as host:
            call = self.begun_call(host, host.listening(), 2)
            self.assertEqual(host.end()[0], OK)
            self.assertIn("UNAVAILABLE", call.communicate(timeout=WAIT_S)[1])

    def test_a_second_signal_ends_the_host_at_once(self):
        with Served("--lang", "python", self.module(SLEEPER), "--grace", "1h") as host:
            target = host.listening()
            self.begun_call(host, target, 3600)
            host.process.send_signal(signal.SIGTERM)
            end = time.monotonic() + WAIT_S
            while host.process.poll() is None and time.monotonic() < end:
                try:  # once the first signal was seen, nobody listens
                    port = int(target.rpartition(":")[2])
                    socket.create_connection(("127.0.0.1", port), timeout=5).close()
                    time.sleep(0.01)
                except OSError:
                    host.process.send_signal(signal.SIGTERM)
                    host.process.wait(timeout=WAIT_S)
            self.assertEqual(host.process.returncode, -signal.SIGTERM)

    def test_what_a_handler_starts_can_be_ended_by_signals(self):
        with Served("--lang", "python", self.module(SLEEPER)) as host:
            run("call", host.listening(), "plain.v1.Plain/Half", "{}")
            self.assertEqual(host.process.wait(timeout=WAIT_S), 0)

    def test_a_language_without_a_host_is_bad_input(self):
        result = run("host", "--lang", "klingon", "qapla")
        self.assert_ends(result, BAD_INPUT, "libpolycall_host_klingon.so", "polycall")

    def test_a_missing_module_is_bad_input_and_named(self):
        result = run("host", "--lang", "c", "/nowhere/libnothing.so")
        self.assert_ends(result, BAD_INPUT, "/nowhere/libnothing.so")
        result = run("host", "--lang", "python", "/nowhere/nothing.py")
        self.assert_ends(result, BAD_INPUT, "/nowhere/nothing.py")

    def test_a_module_that_fails_is_told_with_file_and_line(self):
        result = run("host", "--lang", "python", f"{PYTHON_SOURCES}/raises.py")
        self.assert_ends(result, STATUS, "raises.py:2: LookupError: no such thing")
        result = run("host", "--json", "--lang", "python", f"{PYTHON_SOURCES}/raises.py")
        self.assertIn("raises.py:2", json.dumps(json.loads(result.stderr)))

    def test_a_target_that_does_not_parse_is_a_usage_error(self):
        result = run("host", "--lang", "c", PLAIN, "--listen", "carrier-pigeon:home")
        self.assert_ends(result, USAGE, "carrier-pigeon")

    def test_a_target_that_is_taken_is_told(self):
        with Served("--lang", "c", PLAIN) as host:
            target = host.listening()
            result = run("host", "--lang", "c", PLAIN, "--listen", target)
            self.assert_ends(result, STATUS, target)

    def test_a_command_line_without_module_or_language_says_what_to_write(self):
        self.assert_ends(run("host"), USAGE, "no MODULE", "--help")
        self.assert_ends(run("host", "libx.so"), USAGE, "--lang LANG", "LANG=MODULE")

    def test_the_list_names_the_hosts_and_where_they_were_looked_for(self):
        result = run("host", "--list")
        self.assertEqual(result.returncode, OK, result.stderr)
        self.assertRegex(result.stdout, r"(?m)^c +/.*/libpolycall_host_c\.so$")
        self.assertRegex(result.stdout, r"(?m)^python +/")
        self.assertIn("looked in", result.stdout)
        listed = json.loads(run("host", "--list", "--json").stdout)
        self.assertLessEqual({"c", "python"}, {host["language"] for host in listed["hosts"]})
        self.assertEqual(listed["runtimes"], [])


if __name__ == "__main__":
    unittest.main()
