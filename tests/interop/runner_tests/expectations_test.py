"""Expected failures: those that fail are good, those that pass are not, and no entry is stale."""

import contextlib
import io
import unittest

from runner_tests import support


class ExpectedFailures(unittest.TestCase):

    def test_an_expected_failure_is_good_and_shown_with_its_reason(self):
        result = support.run("fails", expected={"beta": "client beta/unix/fails: not built yet\n"})
        self.assertEqual((result.code, result.lines[-1]), (0, "1 passed, 0 failed"))
        self.assertIn("expected failure  beta -> beta unix/fails: not built yet", result.lines)

    def test_an_unexpected_pass_fails_and_names_the_line_to_remove(self):
        result = support.run("passes", expected={"beta": "# why\n\nclient beta/unix/passes: old\n"})
        self.assertEqual((result.code, result.lines[-1]), (1, "0 passed, 1 failed"))
        self.assertRegex(result.cell("passes")["message"], r"passed, but .*beta.txt:3 expects")

    def test_a_star_stands_for_every_peer_transport_and_case(self):
        result = support.run("fails,crashes", expected={"beta": "server */*/*: all of it\n"})
        self.assertEqual(result.lines[-1], "2 passed, 0 failed")

    def test_the_side_matters(self):
        text = {"alpha": "client beta/unix/fails: alpha as client only\n"}
        result = support.run("fails", expected=text, clients="alpha,beta", servers="alpha,beta")
        self.assertEqual(result.lines[-1], "1 passed, 3 failed")

    def test_a_hung_case_can_be_expected(self):
        result = support.run("hangs", expected={"beta": "client */unix/hangs: known\n"})
        self.assertEqual(result.code, 0)

    def test_an_entry_that_matches_nothing_is_refused(self):
        self._assert_refused("client beta/unix/no_such_case: x\n", "matches no client, server")

    def test_a_line_without_a_reason_is_refused(self):
        self._assert_refused("client beta/unix/fails\n", "expected 'client|server")

    def _assert_refused(self, text: str, complaint: str):
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors):
            result = support.run("passes", expected={"beta": text})
        self.assertEqual(result.code, 2)
        self.assertIn("beta.txt:1", errors.getvalue())
        self.assertIn(complaint, errors.getvalue())


if __name__ == "__main__":
    unittest.main()
