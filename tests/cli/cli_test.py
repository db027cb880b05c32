"""The polycall command against a live server: what it prints, and how it exits."""

import json
import os
import pty
import re
import socket
import subprocess
import sys
import tempfile
import unittest

TOOL = os.environ["POLYCALL_TOOL"]
SERVER = os.environ["POLYCALL_CALC_SERVER"]
HERE = os.path.dirname(os.path.abspath(__file__))
PROTO = os.path.join(HERE, "calc.proto")
WAIT_S = 30  # for what must happen; reached only when something is broken

OK, USAGE, BAD_INPUT, UNAVAILABLE, DEADLINE, STATUS = 0, 2, 3, 4, 5, 6


class Result:
    def __init__(self, code, out, err):
        self.code = code
        self.out = out
        self.err = err

    def lines(self):
        return self.out.splitlines()

    def json(self):
        return json.loads(self.out)


def run(*arguments, stdin=""):
    """Runs the tool; standard input ends after `stdin`."""
    done = subprocess.run(
        [TOOL, *arguments], input=stdin, capture_output=True, text=True, timeout=WAIT_S, check=False
    )
    return Result(done.returncode, done.stdout, done.stderr)


class CliTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.server = subprocess.Popen(
            [SERVER, "unix:" + cls.folder.name + "/calc"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        cls.target = cls.server.stdout.readline().strip()

    @classmethod
    def tearDownClass(cls):
        cls.server.stdin.close()
        cls.server.wait(timeout=WAIT_S)
        cls.server.stdout.close()
        cls.folder.cleanup()

    def call(self, method, *arguments, stdin=""):
        return run("call", self.target, "calc.v1.Calc/" + method, *arguments, stdin=stdin)

    def assert_ends(self, result, code, *texts):
        """The exit code, and what standard error must contain."""
        self.assertEqual(result.code, code, result.err + result.out)
        for text in texts:
            self.assertIn(text, result.err)


class Call(CliTest):
    def test_a_unary_call_prints_its_response_as_json(self):
        result = self.call("Add", '{"a": 2, "b": 40}')
        self.assert_ends(result, OK)
        self.assertEqual(result.json(), {"sum": "42"})

    def test_no_request_is_an_empty_message(self):
        self.assertEqual(self.call("Add").json(), {})
        self.assertEqual(self.call("Add", "--defaults").json(), {"sum": "0"})

    def test_a_dash_reads_the_request_from_standard_input(self):
        result = self.call("Add", "-", stdin='{\n  "a": 20,\n  "b": 22\n}\n')
        self.assertEqual(result.json(), {"sum": "42"})

    def test_a_client_stream_is_read_from_json_lines(self):
        result = self.call("Sum", stdin='{"value": 1}\n\n{"value": 2}\n{"value": 39}')
        self.assertEqual(result.json(), {"sum": "42"})

    def test_a_client_stream_may_be_given_as_arguments(self):
        result = self.call("Sum", '{"value": 1}', '{"value": 2}')
        self.assertEqual(result.json(), {"sum": "3"})

    def test_a_server_stream_is_printed_as_json_lines(self):
        result = self.call("Count", '{"value": 3}')
        self.assert_ends(result, OK)
        self.assertEqual([json.loads(line)["value"] for line in result.lines()], ["1", "2", "3"])

    def test_both_streams_go_on_at_once(self):
        with subprocess.Popen(
            [TOOL, "call", self.target, "calc.v1.Calc/Double"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as tool:
            for number in range(1, 4):
                tool.stdin.write(json.dumps({"value": number}) + "\n")
                tool.stdin.flush()
                self.assertEqual(json.loads(tool.stdout.readline()), {"value": str(2 * number)})
            tool.stdin.close()
            self.assertEqual(tool.wait(timeout=WAIT_S), OK)

    def test_a_stream_of_many_messages_is_complete(self):
        lines = "".join('{"value": %d}\n' % number for number in range(20000))
        result = self.call("Double", stdin=lines)
        self.assert_ends(result, OK)
        self.assertEqual(len(result.lines()), 20000)
        self.assertEqual(json.loads(result.lines()[-1])["value"], "39998")

    def test_metadata_travels_both_ways_and_is_shown_when_asked_for(self):
        result = self.call("Echo", "-v", "-H", "echo: hello", "-H", "echo-bin:AAH/")
        self.assert_ends(result, OK, "over shm", "echo: hello", "echo-bin: AAH/")

    def test_field_names_are_camel_case_unless_asked_otherwise(self):
        self.assertEqual(self.call("Echo", '{"snake_case": "x"}').json(), {"snakeCase": "x"})
        result = self.call("Echo", '{"snakeCase": "x"}', "--proto-names")
        self.assertEqual(result.json(), {"snake_case": "x"})

    def test_an_any_of_a_known_type_is_taken_and_shown(self):
        request = {"any": {"@type": "type.googleapis.com/calc.v1.AddRequest", "a": 1}}
        self.assertEqual(self.call("Echo", json.dumps(request)).json(), request)

    def test_built_in_services_are_known_without_the_servers_description(self):
        result = run("call", self.target, "grpc.health.v1.Health/Check", '{"service": "calc.v1.Calc"}')
        self.assertEqual(result.json(), {"status": "SERVING"})

    def test_proto_files_replace_the_servers_description(self):
        result = run(
            "call", self.target, "calc.v1.Calc/Add", '{"a": 1}', "--proto", "calc.proto", "-I", HERE
        )
        self.assertEqual(result.json(), {"sum": "1"})
        result = run("call", self.target, "calc.v1.Calc/Add", '{"a": 1}', "--proto", PROTO)
        self.assertEqual(result.json(), {"sum": "1"})


class CallErrors(CliTest):
    def test_a_status_is_told_with_its_name_and_exits_6(self):
        result = self.call("Fail", '{"code": 5, "message": "no such user: ada"}')
        self.assert_ends(result, STATUS, "NOT_FOUND", "no such user: ada")
        self.assertEqual(result.out, "")

    def test_details_of_a_status_are_shown(self):
        detail = {"@type": "type.googleapis.com/calc.v1.AddRequest", "a": 7}
        request = json.dumps({"code": 9, "message": "broken", "details": [detail]})
        self.assert_ends(self.call("Fail", request), STATUS, "calc.v1.AddRequest", '"a":7')

    def test_with_json_errors_are_one_object_on_standard_error(self):
        error = json.loads(self.call("Fail", '{"code": 8, "message": "full"}', "--json").err)["error"]
        self.assertEqual(error["exit_code"], STATUS)
        self.assertEqual(error["code"], 8)
        self.assertEqual(error["status"], "RESOURCE_EXHAUSTED")
        self.assertEqual(error["message"], "full")

    def test_a_deadline_that_passes_exits_5(self):
        result = self.call("Sleep", '{"time": "20s"}', "--timeout", "50ms")
        self.assert_ends(result, DEADLINE, "DEADLINE_EXCEEDED")

    def test_a_misspelt_method_gets_a_suggestion(self):
        result = self.call("Ad")
        self.assert_ends(result, BAD_INPUT, "no method Ad in calc.v1.Calc; did you mean Add?")

    def test_a_misspelt_service_gets_a_suggestion(self):
        result = run("call", self.target, "calc.v1.Clac/Add")
        self.assert_ends(result, BAD_INPUT, "did you mean calc.v1.Calc?")

    def test_a_method_without_a_slash_is_explained(self):
        self.assert_ends(run("call", self.target, "Add"), BAD_INPUT, "pkg.Service/Method")

    def test_json_that_does_not_fit_is_pointed_at(self):
        result = self.call("Add", '{"a": 1, "bee": 2}')
        self.assert_ends(result, BAD_INPUT, "line 1, column 10", 'no field "bee"', "calc.v1.AddRequest")
        result = self.call("Add", '{"a": "one"}')
        self.assert_ends(result, BAD_INPUT, "line 1, column 7", '"a" takes a whole number')
        result = self.call("Add", '{"a": 1')
        self.assert_ends(result, BAD_INPUT, "line 1, column 8", "not JSON")
        result = self.call("Echo", '{"color": "GREEN"}')
        self.assert_ends(result, BAD_INPUT, "did you mean COLOR_GREEN?")

    def test_a_bad_line_of_a_stream_is_named_and_ends_the_call(self):
        result = self.call("Sum", stdin='{"value": 1}\n{"valeu": 2}\n{"value": 3}\n')
        self.assert_ends(result, BAD_INPUT, "message on line 2", "did you mean value?")
        self.assertEqual(result.out, "")

    def test_a_method_of_one_request_takes_no_two(self):
        self.assert_ends(self.call("Add", "{}", "{}"), USAGE, "takes one request")

    def test_a_service_without_description_asks_for_its_proto(self):
        result = run("call", self.target, "bare.v1.Bare/Add")
        self.assert_ends(result, BAD_INPUT, "no description of bare.v1.Bare", "--proto")

    def test_a_status_ends_a_call_whose_input_goes_on(self):
        with subprocess.Popen(
            [TOOL, "call", self.target, "calc.v1.Calc/Double", "--timeout", "100ms"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as tool:
            self.assertEqual(tool.wait(timeout=WAIT_S), DEADLINE)

    def test_nobody_at_the_target_exits_4(self):
        nowhere = "unix:" + self.folder.name + "/nobody"
        for arguments in (["call", nowhere, "a.B/C"], ["list", nowhere], ["describe", nowhere],
                          ["ping", nowhere], ["explain", nowhere]):
            with self.subTest(arguments[0]):
                self.assert_ends(run(*arguments), UNAVAILABLE, f"cannot connect to {nowhere}")

    def test_somebody_who_listens_and_says_nothing_is_told_of(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            target = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
            for command in (["call", target, "a.B/C"], ["list", target], ["ping", target], ["explain", target]):
                result = run(*command, "-t", "200ms")
                self.assertIn(result.code, (UNAVAILABLE, DEADLINE), result.err)
                self.assertRegex(result.err, "handshake|deadline")

    def test_what_a_channel_without_a_connection_has_not_is_not_explained(self):
        result = run("explain", "unix:" + self.folder.name + "/nobody")
        self.assertIn("transient failure", result.out)
        self.assertNotIn("null", result.out)
        self.assertNotIn("handshake", result.out)

    def test_a_host_and_a_port_alone_are_reached_without_tls(self):
        with subprocess.Popen([SERVER, "tcp://127.0.0.1:0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as server:
            address = server.stdout.readline().strip().removeprefix("tcp://")
            result = run("call", address, "calc.v1.Calc/Add", '{"a": 2, "b": 40}')
            self.assert_ends(result, OK)
            self.assertEqual(result.json(), {"sum": "42"})
            # Who names an authority wants TLS.
            with tempfile.TemporaryDirectory() as certificates:
                self.assert_ends(run("certs", "--out", certificates), OK)
                result = run("call", address, "calc.v1.Calc/Add", "--tls-ca", certificates + "/ca.pem")
                self.assert_ends(result, UNAVAILABLE, "TLS")
            server.stdin.close()
            server.wait(timeout=WAIT_S)


class Usage(unittest.TestCase):
    def assert_usage(self, *arguments):
        result = run(*arguments)
        self.assertEqual(result.code, USAGE, result.err + result.out)
        return result.err

    def test_wrong_command_lines_exit_2_and_say_what_is_wrong(self):
        self.assertIn("See polycall --help", self.assert_usage())
        self.assertIn("did you mean call?", self.assert_usage("cal"))
        self.assertIn("TARGET", self.assert_usage("list"))
        self.assertIn("no option --frob", self.assert_usage("list", "unix:/x", "--frob"))
        self.assertIn("no option --timout; did you mean --timeout?",
                      self.assert_usage("ping", "unix:/x", "--timout", "3"))
        self.assertIn("no option --jsn; did you mean --json?", self.assert_usage("list", "--jsn=x", "unix:/x"))
        self.assertIn("one argument too many: unix:/y", self.assert_usage("ping", "unix:/x", "unix:/y"))
        self.assertIn("duration", self.assert_usage("ping", "unix:/x", "-t", "soon"))
        self.assertIn("key:value", self.assert_usage("call", "unix:/x", "a.B/C", "-H", "nonsense"))
        self.assertIn("base64", self.assert_usage("call", "unix:/x", "a.B/C", "-H", "k-bin:!"))

    def test_a_target_that_does_not_parse_exits_2_and_is_named(self):
        self.assertIn("tcp://host:port", self.assert_usage("list", "tcp://host:port"))

    def test_help_tells_every_command_and_the_exit_codes(self):
        result = run("--help")
        self.assertEqual(result.code, OK)
        for word in ("call", "list", "describe", "ping", "explain", "Exit codes"):
            self.assertIn(word, result.out)
        for command in ("call", "list", "describe", "ping", "explain"):
            with self.subTest(command):
                result = run(command, "--help")
                self.assertEqual(result.code, OK)
                self.assertIn("TARGET", result.out)
                self.assertEqual(result.out.count("Exit codes"), 1)

    def test_the_version_is_told(self):
        self.assertRegex(run("--version").out, r"^polycall \d+\.\d+\.\d+\n$")

    def test_proto_files_that_are_wrong_are_named(self):
        result = run("list", "unix:/x", "--proto", "nix.proto")
        self.assertEqual(result.code, BAD_INPUT)
        self.assertIn("nix.proto", result.err)
        with tempfile.NamedTemporaryFile("w", suffix=".proto") as bad:
            bad.write('syntax = "proto3";\nmessage M { int32 a = 0; }\n')
            bad.flush()
            result = run("list", "unix:/x", "--proto", bad.name)
            self.assertEqual(result.code, BAD_INPUT)
            self.assertIn(os.path.basename(bad.name), result.err)
        result = run("list", "unix:/x", "--proto", PROTO, "-I", "/no/such/folder")
        self.assertEqual(result.code, BAD_INPUT)
        self.assertIn("/no/such/folder", result.err)


class Look(CliTest):
    def test_list_shows_services_with_their_methods(self):
        result = run("list", self.target)
        self.assert_ends(result, OK)
        self.assertIn("calc.v1.Calc", result.lines())
        self.assertIn("  Sum(stream calc.v1.Number) -> calc.v1.AddResponse", result.lines())
        self.assertIn("bare.v1.Bare", result.out)

    def test_list_for_machines(self):
        services = {entry["name"]: entry for entry in run("list", self.target, "--json").json()["services"]}
        self.assertEqual(services["calc.v1.Calc"]["fingerprint"], "1122334455667788")
        methods = {entry["name"]: entry for entry in services["calc.v1.Calc"]["methods"]}
        self.assertEqual(methods["Double"]["kind"], "bidi_streaming")
        self.assertEqual(methods["Add"]["request"], "calc.v1.AddRequest")

    def test_describe_shows_a_method_with_its_messages_and_how_to_call_it(self):
        result = run("describe", self.target, "calc.v1.Calc/Add")
        self.assert_ends(result, OK)
        self.assertIn("rpc Add(calc.v1.AddRequest) returns (calc.v1.AddResponse)", result.out)
        self.assertIn("int64 sum = 1;", result.out)
        command = re.search(r"polycall call (\S+) (\S+) '(.*)'", result.out)
        self.assertEqual(run("call", *command.groups()).code, OK)

    def test_describe_shows_services_messages_and_enums(self):
        self.assertIn("rpc Count(", run("describe", self.target).out)
        self.assertIn("map<string, uint32> counts = 7;",
                      run("describe", self.target, "calc.v1.Everything").out)
        self.assertIn("COLOR_RED = 1;", run("describe", self.target, "calc.v1.Color").out)
        described = run("describe", self.target, "calc.v1.Color", "--json").json()
        self.assertEqual(described["kind"], "enum")
        self.assertEqual(described["descriptor"]["value"][1], {"name": "COLOR_RED", "number": 1})

    def test_describe_suggests_a_name(self):
        result = run("describe", self.target, "calc.v1.Colour")
        self.assert_ends(result, BAD_INPUT, "did you mean calc.v1.Color?")

    def test_ping_tells_round_trips(self):
        result = run("ping", self.target, "-c", "3", "-i", "1ms")
        self.assert_ends(result, OK)
        self.assertEqual(len(result.lines()), 4)
        self.assertRegex(result.lines()[0], "over (shm|unix)")
        answer = run("ping", self.target, "-c", "3", "-i", "1ms", "--json").json()
        self.assertIn(answer["transport"], ("shm", "unix"))
        self.assertEqual(len(answer["round_trip_ns"]), 3)
        self.assertGreater(answer["min_ns"], 0)

    def test_explain_tells_the_transport_and_the_services(self):
        result = run("explain", self.target)
        self.assert_ends(result, OK)
        self.assertIn("unix", result.out)
        self.assertIn("calc.v1.Calc", result.out)
        explained = run("explain", self.target, "--json").json()
        self.assertIn(explained["transport"], ("shm", "unix"))
        chosen = [offer for offer in explained["offers"] if offer["chosen"]]
        self.assertEqual([offer["transport"] for offer in chosen], [explained["transport"]])
        # What a round trip on it costs is measured, not guessed.
        self.assertGreater(chosen[0]["cost_us"], 0)
        self.assertLess(chosen[0]["cost_us"], WAIT_S * 1e6)
        self.assertRegex(result.out, r"  \* (shm|unix) .* [0-9.]+ us")


class Terminal(CliTest):
    def run_on_terminal(self, *arguments, **environment):
        """Runs the tool with a terminal as standard output; returns what it showed."""
        parent, child = pty.openpty()
        env = {**os.environ, "TERM": "xterm", **environment}
        with subprocess.Popen([TOOL, *arguments], stdout=child, stdin=subprocess.DEVNULL, env=env) as tool:
            os.close(child)
            shown = b""
            try:
                while chunk := os.read(parent, 65536):
                    shown += chunk
            except OSError:  # how Linux says that the other end is closed
                pass
            tool.wait(timeout=WAIT_S)
        os.close(parent)
        return shown.decode()

    def test_colours_are_for_terminals_only(self):
        self.assertIn("\033[", self.run_on_terminal("list", self.target))
        self.assertNotIn("\033[", run("list", self.target).out)
        self.assertNotIn("\033[", self.run_on_terminal("list", self.target, NO_COLOR="1"))
        self.assertNotIn("\033[", self.run_on_terminal("list", self.target, TERM="dumb"))

    def test_a_response_is_spread_over_lines_on_a_terminal_only(self):
        arguments = ("call", self.target, "calc.v1.Calc/Add", '{"a": 1}')
        self.assertIn('{\r\n "sum": "1"\r\n}', self.run_on_terminal(*arguments))
        self.assertEqual(run(*arguments).out, '{"sum":"1"}\n')

    def test_output_that_cannot_be_written_is_an_error(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run(
                [TOOL, "list", self.target], stdout=full, stderr=subprocess.PIPE, timeout=WAIT_S, check=False
            )
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"cannot write", done.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main())
