"""Whole runs over testees that pass, fail, hang and crash."""

import contextlib
import dataclasses
import io
import pathlib
import tempfile
import unittest

from runner import main
from runner_tests import support


class Runs(unittest.TestCase):

    def test_a_case_that_passes_is_counted(self):
        result = support.run("passes")
        self.assertEqual((result.code, result.lines[-1]), (0, "1 passed, 0 failed"))

    def test_a_failure_is_one_line_with_its_reason_and_the_command_to_rerun_it(self):
        result = support.run("fails", "--build-dir", "/tmp")
        self.assertEqual((result.code, result.lines[-1]), (1, "0 passed, 1 failed"))
        line = next(line for line in result.lines if line.startswith("FAILED"))
        self.assertEqual(line, "FAILED beta -> beta unix/fails: expected 3, found 4"
                         "  rerun: tests/interop/run --clients beta --servers beta"
                         " --transports unix --cases fails --build-dir /tmp")

    def test_a_hung_case_is_killed_after_its_timeout_and_the_next_one_runs(self):
        result = support.run("hangs,passes")
        self.assertEqual(result.lines[-1], "1 passed, 1 failed")
        self.assertEqual(result.cell("hangs")["message"], "hung: killed after 1 s")
        self.assertIn("waiting for nothing", result.cell("hangs")["output"])
        self.assertLess(result.cell("hangs")["seconds"], 60)

    def test_the_timeout_of_the_command_line_overrides_the_cases(self):
        result = support.run("hangs", "--timeout", "0.5")
        self.assertEqual(result.cell("hangs")["message"], "hung: killed after 0.5 s")

    def test_a_crash_is_named_by_its_signal(self):
        result = support.run("crashes")
        self.assertIn("the client ended with signal SIGABRT", result.cell("crashes")["message"])

    def test_a_client_that_is_to_die_passes_only_with_its_exit_code(self):
        self.assertEqual(support.run("dies").code, 0)

    def test_a_server_that_should_have_ended_but_lives_is_a_failure(self):
        from runner import execution
        bound, execution._SERVER_EXIT_TIMEOUT = execution._SERVER_EXIT_TIMEOUT, 0.5
        try:
            result = support.run("ends_server")
        finally:
            execution._SERVER_EXIT_TIMEOUT = bound
        self.assertEqual(result.code, 1)
        self.assertIn("the server should have ended", result.cell("ends_server")["message"])

    def test_a_server_that_does_not_start_fails_its_cells_with_what_it_said(self):
        result = support.run("passes", transports="refused")
        self.assertEqual(result.code, 1)
        self.assertIn("did not start: exit code 3", result.cell("passes")["message"])
        self.assertIn("cannot be had", result.cell("passes")["output"])

    def test_a_case_that_cannot_be_is_neither_passed_nor_failed_and_says_why(self):
        result = support.run("dies", transports="inproc")
        self.assertEqual((result.code, result.lines[-1]), (0, "0 passed, 0 failed"))
        self.assertIn("not applicable  dies is not possible over inproc: two processes",
                      result.lines)

    def test_in_process_pairs_need_a_side_that_can_be_loaded(self):
        result = support.run("passes", clients="beta", servers="alpha,beta,gamma",
                             transports="inproc")
        self.assertEqual(result.lines[-1], "2 passed, 0 failed")
        self.assertIn("neither beta nor gamma can be loaded", result.screen)
        # A host that only serves takes a client that can be loaded.
        self.assertEqual(support.run("fails", clients="alpha", servers="beta",
                                     transports="inproc").lines[-1], "0 passed, 1 failed")

    def test_a_case_may_be_impossible_only_within_one_language(self):
        result = support.run("needs_bytes", clients="alpha,beta", servers="alpha,beta",
                             transports="inproc,unix")
        self.assertEqual(result.lines[-1], "6 passed, 0 failed")
        self.assertIn("not applicable  needs_bytes is not possible over inproc within one "
                      "language: there are none", result.lines)

    def test_a_testee_that_is_not_built_ends_the_run_with_what_to_do(self):
        errors = io.StringIO()
        unbuilt = dataclasses.replace(support.BETA, needs=("{build}/no_such_file",))
        with tempfile.TemporaryDirectory() as name, contextlib.redirect_stderr(errors):
            empty = pathlib.Path(name)
            code = main.main(["--clients", "beta", "--servers", "beta", "--build-dir", "/tmp"],
                             (unbuilt,), support.TRANSPORTS, support.CASES, empty)
        self.assertEqual(code, 2)
        self.assertIn("not built yet: /tmp/no_such_file\nbuild the testees first",
                      errors.getvalue())

    def test_an_unknown_name_is_refused_with_those_that_exist(self):
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors), self.assertRaises(SystemExit) as ended:
            support.run("nonsense")
        self.assertEqual(ended.exception.code, 2)
        self.assertIn("'nonsense' is none of passes, fails", errors.getvalue())

    def test_the_screen_is_plain_where_it_is_no_terminal(self):
        self.assertNotIn("\033", support.run("passes,fails").screen)


if __name__ == "__main__":
    unittest.main()
