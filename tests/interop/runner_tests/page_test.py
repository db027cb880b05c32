"""The page and the picture."""

import pathlib
import tempfile
import unittest
from html.parser import HTMLParser
from xml.etree import ElementTree

from runner import page, picture
from runner.cells import Cell
from runner.outcomes import Kind, Outcome
from runner.pairs import pairs_of
from runner_tests import support

_SVG = "{http://www.w3.org/2000/svg}"
_PASSES, _FAILS = support.CASES[:2]


def _outcome(kind, message="", client=support.ALPHA, server=support.BETA,
             transport=support.UNIX, case=_PASSES, output=""):
    return Outcome(Cell(client, server, transport, case), kind, message, output=output)


class _Ids(HTMLParser):
    """The ids and the links within a page."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name == "id":
                self.ids.add(value)
            if name == "href":
                self.links.add(value.removeprefix("#"))


class Pairs(unittest.TestCase):

    def state(self, *kinds):
        cases = (_PASSES, _FAILS)
        outcomes = [_outcome(kind, "why", case=case) for kind, case in zip(kinds, cases)]
        (pair,) = pairs_of(outcomes).values()
        return pair.state, pair.label

    def test_a_pairs_state_is_that_of_its_worst_cell(self):
        self.assertEqual(self.state(Kind.PASSED, Kind.PASSED), ("passed", "2"))
        self.assertEqual(self.state(Kind.PASSED, Kind.NOT_APPLICABLE), ("passed", "1"))
        self.assertEqual(self.state(Kind.PASSED, Kind.EXPECTED_FAILURE), ("known", "1/2"))
        self.assertEqual(self.state(Kind.PASSED, Kind.FAILED), ("failed", "1/2"))
        self.assertEqual(self.state(Kind.EXPECTED_FAILURE, Kind.UNEXPECTED_PASS), ("failed", "0/2"))

    def test_a_pair_that_cannot_be_has_no_number(self):
        self.assertEqual(self.state(Kind.EXPECTED_FAILURE, Kind.EXPECTED_FAILURE),
                         ("impossible", "\N{EN DASH}"))
        self.assertEqual(self.state(Kind.NOT_APPLICABLE, Kind.NOT_APPLICABLE),
                         ("none", "\N{EN DASH}"))

    def test_cases_with_one_reason_share_a_remark(self):
        outcomes = [_outcome(Kind.EXPECTED_FAILURE, "why", case=case) for case in (_PASSES, _FAILS)]
        (pair,) = pairs_of(outcomes).values()
        self.assertEqual(pair.remarks(), ["expected failure: passes, fails: why"])


class Picture(unittest.TestCase):

    def test_there_is_a_field_for_each_pair_and_transport_with_a_tip_that_tells_the_reason(self):
        root = ElementTree.fromstring(picture.draw([
            _outcome(Kind.PASSED),
            _outcome(Kind.FAILED, "<it> & that", server=support.GAMMA),
            _outcome(Kind.EXPECTED_FAILURE, "both want the signals", transport=support.INPROC),
        ]))
        tips = [field.find(f"{_SVG}title").text for field in root.iter(f"{_SVG}g")]
        self.assertEqual(len(tips), 3)
        self.assertIn("failed: passes: <it> & that", tips[1])
        self.assertIn("both want the signals", tips[2])

    def test_states_differ_in_colour(self):
        self.assertEqual(len({fill for fill, _ in picture._COLOURS.values()}),
                         len(picture._COLOURS))

    def test_a_run_writes_it_and_the_page(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            outcomes = [_outcome(Kind.PASSED)]
            page.write(folder, outcomes, [])
            picture.write(folder, outcomes)
            self.assertTrue((folder / "matrix.html").stat().st_size > 0)
            ElementTree.parse(folder / "matrix.svg")


class Page(unittest.TestCase):

    def test_every_field_leads_to_a_section(self):
        found = _Ids(page.render([_outcome(Kind.PASSED), _outcome(Kind.PASSED, server=support.GAMMA)],
                                 []))
        self.assertEqual(len(found.links), 2)
        self.assertLessEqual(found.links, found.ids)

    def test_a_failure_has_its_reason_its_output_and_its_command(self):
        text = page.render([_outcome(Kind.FAILED, "1 < 2", output="<noise>")], ["--build-dir", "x"])
        self.assertIn("1 &lt; 2", text)
        self.assertIn("<pre>&lt;noise&gt;</pre>", text)
        self.assertIn("--cases passes --build-dir x", text)


if __name__ == "__main__":
    unittest.main()
