"""The tables on the screen."""

from statistics_of_rounds import median
from targets import MET, MISSED, NEAR, UNKNOWN

COLOURS = {MET: "32", NEAR: "33", MISSED: "31", UNKNOWN: "2"}


def bytes_text(size):
    for unit, name in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size // unit} {name}"
    return f"{size} B"


def time_text(nanoseconds):
    if nanoseconds is None:
        return "-"
    for unit, name in ((1e9, "s"), (1e6, "ms"), (1e3, "us")):
        if nanoseconds >= unit:
            return f"{nanoseconds / unit:.{2 if nanoseconds < 100 * unit else 0}f} {name}"
    return f"{nanoseconds:.1f} ns"


def rate_text(per_second):
    if per_second is None:
        return "-"
    for unit, name in ((1e6, "M"), (1e3, "k")):
        if per_second >= unit:
            return f"{per_second / unit:.{2 if per_second < 10 * unit else 1}f} {name}/s"
    return f"{per_second:.0f} /s"


def _number(value, digits=2):
    return "-" if value is None else f"{value:.{digits}f}"


def aligned(rows, header):
    """Lines of a table; the first column is left-aligned, the others right."""
    cells = [header, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    for number, row in enumerate(cells):
        parts = [row[0].ljust(widths[0])]
        parts += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        yield "  ".join(parts).rstrip()
        if number == 0:
            yield "  ".join("-" * width for width in widths)


def summary_line(case, rounds_by_label):
    """One line of progress: the case and each peer's main figure."""
    parts = []
    for label, rounds in rounds_by_label.items():
        known = [one for one in rounds if one is not None]
        if not known:
            parts.append(f"{label} failed")
            continue
        p50 = median([one.p50_ns for one in known])
        rate = median([one.calls_per_s for one in known])
        parts.append(f"{label} {time_text(p50) if p50 else rate_text(rate)}")
    head = f"{case.bench} {case.transport} {case.placement} {bytes_text(case.payload)}"
    return f"{head:<30} {', '.join(parts)}"


def result_lines(rows):
    """The rows of speed as a table, a block per case."""
    block = None
    lines = []
    for row in rows:
        if row.get("unit"):
            continue
        case = (row["bench"], row["transport"], row["placement"], row["payload"])
        first = case != block
        block = case
        name = f"{row['bench']} {row['transport']} {row['placement']} {bytes_text(row['payload'])}"
        peer = row["peer"] if row["language"] == "c++" else f"{row['peer']} {row['language']}"
        lines.append(
            [
                name if first else "", peer, time_text(row["p50_ns"]), time_text(row["p99_ns"]),
                rate_text(row["calls_per_s"]), _number(row["mb_per_s"], 0),
                _number(row["cpu_us_per_call"]), _number(row["ratio_to_floor"]),
            ]
        )
    header = ["case", "peer", "p50", "p99", "calls/s", "MB/s", "CPU us/call", "x floor"]
    return aligned(lines, header)


def extra_lines(rows):
    """The other rows: memory, size, start."""
    lines = []
    for row in rows:
        if not row.get("unit"):
            continue
        value = time_text(row["value"]) if row["unit"] == "ns" else f"{row['value']:,.0f}"
        unit = row.get("note") or ("exec to exit after one call" if row["unit"] == "ns" else row["unit"])
        lines.append([row["bench"], row["peer"], value, unit])
    return aligned(lines, ["what", "peer", "value", "unit"]) if lines else []


def verdict_lines(found, colour):
    """The targets as a table; the state in colour on a terminal."""
    rows = []
    for verdict in found:
        sign = ">=" if verdict.at_least else "<="
        value = "-" if verdict.value is None else f"{verdict.value:.2f} {verdict.unit}"
        rows.append([verdict.what, value, f"{sign} {verdict.limit:g} {verdict.unit}", verdict.state])
    for line in aligned(rows, ["target", "measured", "wanted", "verdict"]):
        state = next((state for state in COLOURS if line.endswith(state)), None)
        if colour and state:
            line = f"{line[: -len(state)]}\x1b[{COLOURS[state]}m{state}\x1b[0m"
        yield line
