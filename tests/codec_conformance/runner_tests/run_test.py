"""The runner finds what is wrong: testees that are wrong on purpose, each in one way."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

FOLDER = pathlib.Path(__file__).resolve().parent
BUILD = os.environ["POLYCALL_BUILD_DIR"]
RIGHT = pathlib.Path(BUILD) / "tests" / "codec_conformance" / "codec_testee_cpp"


def run(mode, *more, kind="wire3.Leaf", expected=""):
    """Exit code and output of a run with one fake testee."""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "fake.txt").write_text(expected, encoding="utf-8")
        command = [
            str(FOLDER.parent / "run"), "--build-dir", BUILD, "--languages", "fake", "--count", "2",
            "--expected-failures", folder, "--timeout", "1",
            "--testee", f"fake={sys.executable} -B {FOLDER}/fake_testee.py {mode} {RIGHT}"]
        if kind:
            command += ["--only", kind]
        done = subprocess.run(
            command + list(more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, text=True, check=False)
        return done.returncode, done.stdout


class ARunWith(unittest.TestCase):
    def fails_saying(self, mode, text):
        code, output = run(mode)
        self.assertEqual(code, 1, output)
        self.assertIn(text, output)
        return output

    def test_a_right_testee_passes(self):
        code, output = run("right")
        self.assertEqual(code, 0, output)
        self.assertTrue(output.endswith("42 passed, 0 failed\n"), output)

    def test_one_that_accepts_everything_fails(self):
        self.fails_saying("accepts-all", "accepted what protobuf refuses")

    def test_one_that_refuses_everything_fails(self):
        self.fails_saying("refuses-all", "refused what protobuf accepts")

    def test_one_that_loses_fields_fails_and_the_fields_are_named(self):
        self.assertRegex(self.fails_saying("loses-fields", "deleted"), r"deleted: (number|text)")

    def test_one_that_fails_itself_fails(self):
        self.fails_saying("fails", "the testee failed: a bug")

    def test_one_that_dies_fails_these_inputs_and_no_others(self):
        output = self.fails_saying("dies", "it died: ended with 7")
        passed, failed = map(int, re.search(r"(\d+) passed, (\d+) failed\n$", output).groups())
        self.assertEqual((passed, failed), (38, 4))

    def test_one_that_hangs_fails(self):
        self.fails_saying("hangs", "it was silent for 1 s")

    def test_one_that_talks_nonsense_fails(self):
        self.fails_saying("talks-nonsense", "it answered 4294967295 bytes")

    def test_one_that_ends_badly_fails(self):
        self.fails_saying("ends-badly", "it ended with 5")

    def test_a_difference_shows_the_input_and_how_to_run_just_that(self):
        output = self.fails_saying("refuses-all", "input ")
        only = re.search(r"--only (\S+)", output).group(1)
        again_code, again = run("refuses-all", kind=only)
        self.assertEqual(again_code, 1)
        self.assertIn("0 passed, 1 failed", again)
        self.assertEqual(re.search(r"input .*", output).group(), re.search(r"input .*", again).group())

    def test_expected_failures_do_not_fail_it(self):
        code, output = run("refuses-all", expected="wire3.Leaf/* # a reason")
        self.assertEqual(code, 0, output)
        self.assertIn("failed as expected", output)

    def test_an_expected_failure_that_passes_fails_it(self):
        code, output = run("right", kind=None, expected="wire3.Leaf/valid # a reason")
        self.assertEqual(code, 1, output)
        self.assertIn("expected to fail, but all pass: wire3.Leaf/valid", output)

    def test_an_expected_failure_without_a_reason_is_an_error(self):
        code, output = run("right", expected="wire3.Leaf/valid")
        self.assertEqual(code, 2, output)

    def test_a_type_that_is_none_is_an_error(self):
        code, output = run("right", kind="wire3.Nothing")
        self.assertEqual(code, 2, output)


if __name__ == "__main__":
    unittest.main()
