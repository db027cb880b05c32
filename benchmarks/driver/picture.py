"""results.svg and results.png: horizontal bars on a logarithmic axis, a panel per comparison."""

import html
import math
import shutil
import subprocess

from plan import SMALL
from table import bytes_text, rate_text, time_text

WIDTH = 1120
MARGIN = 32
LABEL = 150
VALUE = 96
BAR = 15
GAP = 5
PANEL_GAP = 34
COLUMN_GAP = 28
COLOURS = {
    "floor": "#b8bec6", "floor-looking": "#ced3d9", "byhand": "#7c8ea3", "polycall": "#1f7a5c", "polycall-raw": "#7cbfa6",
    "grpc": "#d08a3c", "grpc-sync": "#e3b98a",
}
TEXT = "#22272e"
FAINT = "#6a737d"


def _panels(rows):
    """(title, subtitle, [(peer label, colour, value, text)]) of what is drawn."""

    def panel(title, note, field, text, bench, transport, payload, placement):
        bars = []
        for row in rows:
            key = (row["bench"], row["transport"], row["payload"], row["placement"])
            if key != (bench, transport, payload, placement) or not row[field]:
                continue
            label = row["peer"] if row["language"] == "c++" else f"{row['peer']} {row['language']}"
            bars.append((label, COLOURS.get(row["peer"], "#888"), row[field], text(row[field])))
        return (title, note, bars) if bars else None

    found = []
    for transport in ("unix", "tcp"):
        for placement in ("same", "cross"):
            where = "one core" if placement == "same" else "a core each"
            for payload in (SMALL, 65536, 1048576):
                found.append(
                    panel(
                        f"{transport}, {where}: echo of {bytes_text(payload)}",
                        "p50 of a round trip, less is better", "p50_ns", time_text, "latency",
                        transport, payload, placement,
                    )
                )
            found.append(
                panel(
                    f"{transport}, {where}: a message on an open stream, 32 B",
                    "p50 there and back, less is better", "p50_ns", time_text, "chat", transport,
                    SMALL, placement,
                )
            )
            for bench, title in (
                ("inflight", "64 calls in flight, 32 B"), ("stream", "server stream, 32 B")
            ):
                unit = "calls" if bench == "inflight" else "messages"
                found.append(
                    panel(
                        f"{transport}, {where}: {title}", f"{unit} per second, more is better",
                        "calls_per_s", rate_text, bench, transport, SMALL, placement,
                    )
                )
    found.append(
        panel(
            "in one process: a typed call", "p50, less is better; floor: a null function call",
            "p50_ns", time_text, "inproc", "inproc", SMALL, "same",
        )
    )
    return [one for one in found if one]


def _text(x, y, text, size=12, colour=TEXT, anchor="start", weight="normal"):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}" '
        f'font-weight="{weight}">{html.escape(text)}</text>'
    )


def _draw_panel(panel, x, y, width):
    """SVG of one panel and its height. Bars are logarithmic: a factor is a length."""
    title, note, bars = panel
    out = [_text(x, y + 14, title, 14, weight="600"), _text(x, y + 30, note, 11, FAINT)]
    top = y + 40
    smallest = min(bar[2] for bar in bars)
    low = math.floor(math.log10(smallest) - 0.15)
    high = max(math.log10(max(bar[2] for bar in bars)), low + 1)
    room = width - LABEL - VALUE
    for step in range(low, math.ceil(high) + 1):
        at = x + LABEL + room * min(1, (step - low) / (high - low))
        if step > high:
            continue
        bottom = top + len(bars) * (BAR + GAP)
        out.append(f'<path d="M{at:.1f} {top:.1f}V{bottom:.1f}" stroke="#e4e7eb" stroke-width="1"/>')
    for number, (label, colour, value, text) in enumerate(bars):
        line = top + number * (BAR + GAP)
        length = room * (math.log10(value) - low) / (high - low)
        weight = "600" if label.startswith("polycall") else "normal"
        out.append(_text(x + LABEL - 8, line + 12, label, 12, anchor="end", weight=weight))
        out.append(
            f'<rect x="{x + LABEL}" y="{line:.1f}" width="{max(1, length):.1f}" height="{BAR}" rx="2" '
            f'fill="{colour}"/>'
        )
        out.append(_text(x + LABEL + length + 6, line + 12, text, 12))
    return "".join(out), 40 + len(bars) * (BAR + GAP)


def svg(rows, notes):
    """The picture as text. `notes`: lines about the environment."""
    panels = _panels(rows)
    width = (WIDTH - 2 * MARGIN - COLUMN_GAP) / 2
    body = [_text(MARGIN, 46, "PolyCall, its peers and the floor", 22, weight="600")]
    y = 68
    for note in [*notes, "Bars are logarithmic: a line of the grid is a factor of ten."]:
        body.append(_text(MARGIN, y, note, 11, FAINT))
        y += 15
    y += 14
    for first in range(0, len(panels), 2):
        tallest = 0
        for column, panel in enumerate(panels[first : first + 2]):
            drawn, height = _draw_panel(panel, MARGIN + column * (width + COLUMN_GAP), y, width)
            body.append(drawn)
            tallest = max(tallest, height)
        y += tallest + PANEL_GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" '
        f'viewBox="0 0 {WIDTH} {y}" font-family="DejaVu Sans, Helvetica, Arial, sans-serif">'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{"".join(body)}</svg>\n'
    )


def write(folder, rows, notes):
    """Writes results.svg and, where rsvg-convert is, results.png. Returns a remark or None."""
    path = folder / "results.svg"
    path.write_text(svg(rows, notes), encoding="utf-8")
    converter = shutil.which("rsvg-convert")
    if converter is None:
        return "no results.png: rsvg-convert is missing (Debian: librsvg2-bin)"
    subprocess.run([converter, "-o", folder / "results.png", path], check=True, timeout=60)
    return None
