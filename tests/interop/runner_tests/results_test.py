"""The files for machines."""

import pathlib
import tempfile
import unittest
from xml.etree import ElementTree

from runner import results
from runner.cells import Cell
from runner.outcomes import Kind, Outcome
from runner.screen import _letters
from runner_tests import support


class Results(unittest.TestCase):

    def setUp(self):
        cell = Cell(support.ALPHA, support.BETA, support.UNIX, support.CASES[0])
        self._outcomes = [Outcome(cell, Kind.PASSED, seconds=0.5),
                          Outcome(cell, Kind.FAILED, "bad\x01", output="<why>\x00"),
                          Outcome(cell, Kind.UNEXPECTED_PASS, "stale"),
                          Outcome(cell, Kind.NOT_APPLICABLE, "cannot be"),
                          Outcome(cell, Kind.EXPECTED_FAILURE, "known")]

    def test_the_xml_parses_whatever_a_testee_printed(self):
        with tempfile.TemporaryDirectory() as folder:
            results.write(pathlib.Path(folder), self._outcomes, [])
            suite = ElementTree.parse(pathlib.Path(folder) / "results.xml").getroot()
        self.assertEqual((suite.get("tests"), suite.get("failures"), suite.get("skipped")),
                         ("5", "2", "1"))
        self.assertEqual(suite.find("testcase/failure").text, "<why>?")

    def test_the_json_has_every_cell_with_its_rerun_command(self):
        result = support.run("passes,fails")
        self.assertEqual((result.document["passed"], result.document["failed"]), (1, 1))
        self.assertEqual(result.cell("fails")["outcome"], "failed")
        rerun = result.cell("fails")["rerun"]
        self.assertTrue(rerun.startswith("tests/interop/run --clients beta"))

    def test_servers_get_different_letters_in_the_matrix(self):
        names = ["cpp", "c", "python", "java", "haskell", "lisp"]
        self.assertEqual(len(set(_letters(names))), len(names))
        self.assertEqual(_letters(["cpp", "c"]), ["C", "c"])


if __name__ == "__main__":
    unittest.main()
