"""Many cases in one run of a client, over testees that pass, fail, hang, crash and leave."""

import unittest

from runner import batch
from runner_tests import support


class Batches(unittest.TestCase):

    def test_a_failure_in_the_middle_does_not_stop_the_rest(self):
        result = support.run("passes,fails,also_passes")
        self.assertEqual(result.lines[-1], "2 passed, 1 failed")
        self.assertEqual(result.cell("fails")["message"], "expected 3, found 4")
        self.assertNotIn("expected", result.cell("also_passes")["message"])

    def test_a_crash_in_the_middle_is_its_cases_and_the_rest_gets_a_new_process(self):
        result = support.run("passes,crashes,also_passes,fails")
        self.assertEqual(result.lines[-1], "2 passed, 2 failed")
        self.assertIn("signal SIGABRT", result.cell("crashes")["message"])

    def test_a_hung_case_in_the_middle_is_killed_and_the_rest_gets_a_new_process(self):
        patience, batch._START_PATIENCE = batch._START_PATIENCE, 0.5
        try:
            result = support.run("passes,hangs,also_passes")
        finally:
            batch._START_PATIENCE = patience
        self.assertEqual(result.lines[-1], "2 passed, 1 failed")
        self.assertEqual(result.cell("hangs")["message"], "hung: killed after 1 s")

    def test_a_client_that_leaves_early_fails_what_it_did_not_run(self):
        result = support.run("passes,leaves,also_passes,fails")
        self.assertEqual(result.cell("leaves")["outcome"], "passed")
        self.assertIn("before the case's result", result.cell("also_passes")["message"])

    def test_a_client_that_reports_another_case_than_asked_for_has_failed(self):
        result = support.run("passes,lies,also_passes")
        self.assertEqual(result.cell("passes")["outcome"], "passed")
        self.assertIn("reported a case 'truth'", result.cell("lies")["message"])
        self.assertEqual(result.code, 1)

    def test_one_by_one_gives_each_case_a_process_of_its_own(self):
        together = support.run("counts_first,counts_second")
        self.assertEqual(together.lines[-1], "1 passed, 1 failed")
        alone = support.run("counts_first,counts_second", "--one-by-one")
        self.assertEqual(alone.lines[-1], "2 passed, 0 failed")

    def test_repeats_keep_the_first_failure(self):
        result = support.run("passes,fails", "--repeat", "3")
        self.assertEqual(result.lines[-1], "1 passed, 1 failed")

    def test_a_host_that_refuses_fails_all_cells_of_the_pair_with_its_reason(self):
        result = support.run("passes,also_passes", clients="beta", servers="refused_host",
                             transports="inproc")
        self.assertEqual(result.lines[-1], "0 passed, 2 failed")
        for case in ("passes", "also_passes"):
            self.assertEqual(result.cell(case)["message"], "alpha cannot share a process with refused")

    def test_a_server_with_a_host_is_hosted_in_the_clients_process(self):
        result = support.run("hosted", clients="beta", servers="hosted_one", transports="inproc")
        self.assertEqual(result.lines[-1], "1 passed, 0 failed")


if __name__ == "__main__":
    unittest.main()
