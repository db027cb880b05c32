"""Result rows: one JSON object per line, the same keys in each."""

import json

from measurement import Measurement
from statistics_of_rounds import median, median_ratio

KEYS = (
    "bench", "peer", "language", "transport", "placement", "payload", "p50_ns", "p99_ns",
    "calls_per_s", "mb_per_s", "cpu_us_per_call", "floor_p50_ns", "ratio_to_floor",
)


def _column(rounds, field):
    return [getattr(one, field) if one is not None else None for one in rounds]


def ratio_to(rounds, other, field):
    """How many times the other's time per call one needs, by `field` (a rate counts inversely)."""
    own, base = _column(rounds, field), _column(other, field)
    return median_ratio(base, own) if field == "calls_per_s" else median_ratio(own, base)


def row_of(case, peer, rounds, floor):
    """The row of `peer` in `case`. `rounds` and `floor`: a Measurement, or None for a failed run, per
    round."""
    values = {
        field: median(_column(rounds, field)) for field in Measurement.__dataclass_fields__
    }
    by_latency = values["p50_ns"] is not None
    floor_p50 = median(_column(floor, "p50_ns")) if floor and by_latency else None
    field = "p50_ns" if by_latency else "calls_per_s"
    return {
        "bench": case.bench,
        "peer": peer.name,
        "language": peer.language,
        "transport": case.transport,
        "placement": case.placement,
        "payload": case.payload,
        **values,
        "floor_p50_ns": floor_p50,
        "ratio_to_floor": ratio_to(rounds, floor, field) if floor else None,
    }


def extra_row(bench, peer, **more):
    """A row of another kind (memory, size, start): the same keys, null where not measured, and the
    additional ones `value` and `unit`."""
    row = dict.fromkeys(KEYS)
    row.update(bench=bench, peer=peer.name, language=peer.language)
    row.update(more)
    return row


def _rounded(value):
    return round(value, 4) if isinstance(value, float) else value


def write_jsonl(path, rows):
    """Writes the rows, one object per line."""
    with open(path, "w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps({key: _rounded(value) for key, value in row.items()}) + "\n")
