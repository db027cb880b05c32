"""Medians, ratios, rows and verdicts."""

import json
import pathlib
import tempfile
import unittest

import measurement
import picture
import plan
import rows
import scheduling
import table
import targets
from statistics_of_rounds import median, median_ratio

CASE = plan.Case("latency", "unix", "same", 32)
BUSY = plan.Case("inflight", "unix", "same", 32)
PEER = plan.Peer("polycall", "c++", ("x",), ("x",), ("latency",))


def measured(p50=None, p99=None, calls=None, cpu=None):
    return measurement.Measurement(p50, p99, calls, None, cpu)


class Statistics(unittest.TestCase):
    def test_the_median_leaves_out_what_was_not_measured(self):
        self.assertEqual(median([None, 3, 1, None, 2]), 2)
        self.assertIsNone(median([None]))

    def test_a_ratio_is_formed_inside_each_round(self):
        # The ratio of the medians would be 1.0; every round says 2 or more.
        self.assertEqual(median_ratio([2, 20, 30], [1, 2, 15]), 2)

    def test_a_round_without_one_side_does_not_count(self):
        self.assertEqual(median_ratio([4, None, 9], [2, 5, None]), 2)
        self.assertIsNone(median_ratio([1], [None]))


class Programs(unittest.TestCase):
    RESULT = {
        "calls": 1000, "wall_ns": 500_000_000, "p50_ns": 400.0, "p99_ns": 900.0, "payload": 1000,
        "client_cpu_ns": 3_000_000, "server_cpu_ns": 1_000_000,
    }

    def test_a_result_becomes_rates_and_cpu_per_call_of_both_processes(self):
        one = measurement.from_program(self.RESULT)
        self.assertEqual(one.calls_per_s, 2000)
        self.assertEqual(one.mb_per_s, 2.0)
        self.assertEqual(one.cpu_us_per_call, 4.0)

    def test_a_run_without_calls_is_an_error(self):
        with self.assertRaisesRegex(ValueError, "no calls"):
            measurement.from_program({**self.RESULT, "calls": 0})

    def test_a_throughput_run_has_no_latency(self):
        self.assertIsNone(measurement.from_program({**self.RESULT, "p50_ns": 0.0}).p50_ns)


class Rows(unittest.TestCase):
    def test_a_row_has_exactly_the_agreed_keys(self):
        row = rows.row_of(CASE, PEER, [measured(10.0, 20.0, 5.0, 1.0)], [measured(5.0, 9.0, 9.0, 1.0)])
        self.assertEqual(tuple(row), rows.KEYS)
        self.assertEqual(row["ratio_to_floor"], 2)
        self.assertEqual(row["floor_p50_ns"], 5.0)

    def test_a_rate_counts_inversely_so_that_more_is_always_slower(self):
        row = rows.row_of(BUSY, PEER, [measured(calls=100.0)], [measured(calls=400.0)])
        self.assertEqual(row["ratio_to_floor"], 4)
        self.assertIsNone(row["floor_p50_ns"])

    def test_a_failed_round_leaves_the_others(self):
        row = rows.row_of(CASE, PEER, [None, measured(10.0)], [measured(5.0), measured(5.0)])
        self.assertEqual(row["p50_ns"], 10.0)

    def test_lines_are_json_with_null_for_what_was_not_measured(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "results.jsonl"
            rows.write_jsonl(path, [rows.extra_row("library_size", PEER, value=5, unit="bytes")])
            row = json.loads(path.read_text(encoding="utf-8"))
        self.assertIsNone(row["p50_ns"])
        self.assertEqual(row["value"], 5)


class Verdicts(unittest.TestCase):
    def state(self, value, limit, at_least=False):
        return targets.Verdict("x", value, limit, "x", at_least).state

    def test_a_limit_that_is_kept_is_met(self):
        self.assertEqual(self.state(1.2, 1.2), targets.MET)
        self.assertEqual(self.state(10.0, 10.0, True), targets.MET)

    def test_a_limit_that_is_missed_by_little_is_near_and_by_more_is_missed(self):
        self.assertEqual(self.state(1.25, 1.2), targets.NEAR)
        self.assertEqual(self.state(1.3, 1.2), targets.MISSED)
        self.assertEqual(self.state(9.0, 10.0, True), targets.MISSED)

    def test_what_was_not_measured_is_never_met(self):
        self.assertEqual(self.state(None, 1.2), targets.UNKNOWN)

    def test_the_ratios_come_from_the_rounds(self):
        results = {
            CASE: {"floor": [measured(10.0, 20.0)], "polycall": [measured(11.0, 22.0)]},
            BUSY: {"grpc": [measured(calls=10.0)], "polycall": [measured(calls=150.0)]},
        }
        found = {one.what: one for one in targets.verdicts(results, [])}
        self.assertAlmostEqual(found["unix same: 32 B p50 over the floor's"].value, 1.1)
        self.assertAlmostEqual(found["unix same: 64 in flight, calls/s over grpc's"].value, 15)


class Plan(unittest.TestCase):
    PEERS = [
        plan.Peer("floor", "c++", ("x",), ("x",), ("latency",)),
        plan.Peer("grpc", "c++", ("x",), ("x",), ("latency", "stream")),
    ]

    def test_a_filter_keeps_the_floor_of_what_it_keeps(self):
        [(case, peers)] = plan.select(plan.all_cases(), self.PEERS, "latency/tcp/same/32/grpc")
        self.assertEqual(case, plan.Case("latency", "tcp", "same", 32))
        self.assertEqual([peer.name for peer in peers], ["floor", "grpc"])

    def test_a_peer_takes_part_in_its_placements_only(self):
        peer = plan.Peer("floor-looking", "c++", ("x",), ("x",), ("latency",), placements=("cross",))
        self.assertTrue(peer.takes_part(plan.Case("latency", "unix", "cross", 32)))
        self.assertFalse(peer.takes_part(plan.Case("latency", "unix", "same", 32)))

    def test_the_codecs_floor_is_protobuf(self):
        peers = plan.codec_peers(pathlib.Path("/x"), pathlib.Path("/y"), ("python3",))
        [(case, able)] = plan.select(plan.all_cases(), peers, "codec.* haskell")
        self.assertEqual([peer.label for peer in able], ["protobuf", "polycall-codec haskell"])
        found = targets.verdicts(
            {case: {"protobuf": [measured(2.0)], "polycall-codec haskell": [measured(7.0)]}}, [])
        [verdict] = [one for one in found if one.what.startswith("codec: haskell")]
        self.assertEqual((verdict.value, verdict.state), (3.5, targets.MET))

    def test_polycallds_rows_have_their_targets(self):
        def row(bench, value, **more):
            return rows.extra_row(bench, scheduling.POLYCALLD, value=value, unit="ns", **more)

        extra = [row("sandbox_start", 30e6, service="c", over_bare=4e6),
                 row("sandbox_start", 99e6, service="python", over_bare=7e6),
                 row("polycalld_idle", 2**24, cpu_share=0.004)]
        found = {one.what: (one.value, one.state) for one in targets.verdicts({}, extra)
                 if one.what.startswith("polycalld")}
        self.assertEqual(list(found.values()), [
            (4.0, targets.MET), (7.0, targets.MISSED), (None, targets.UNKNOWN), (None, targets.UNKNOWN),
            (16.0, targets.MET), (0.4, targets.MET)])
        self.assertEqual(len(list(table.extra_lines(extra))), 5)

    def test_nothing_is_chosen_when_nothing_matches(self):
        self.assertEqual(plan.select(plan.all_cases(), self.PEERS, "no such"), [])

    def test_cases_are_named_once(self):
        names = [case.name for case in plan.all_cases()]
        self.assertEqual(len(names), len(set(names)))


class Texts(unittest.TestCase):
    def test_figures_have_units_that_fit(self):
        self.assertEqual(table.time_text(1.6), "1.6 ns")
        self.assertEqual(table.time_text(3520), "3.52 us")
        self.assertEqual(table.time_text(1386650), "1.39 ms")
        self.assertEqual(table.rate_text(4729949), "4.73 M/s")
        self.assertEqual(table.bytes_text(65536), "64 KiB")

    def test_the_picture_escapes_its_text_and_draws_a_bar_per_peer(self):
        row = rows.row_of(CASE, PEER, [measured(10.0, 20.0)], [measured(5.0, 9.0)])
        drawn = picture.svg([row], ["a < b"])
        self.assertIn("a &lt; b", drawn)
        self.assertEqual(drawn.count("<rect"), 2)  # the background and one bar


if __name__ == "__main__":
    unittest.main()
