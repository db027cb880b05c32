"""The matrix as a picture: a square of languages for each transport, clients down, servers across."""

import pathlib
import shutil
import subprocess
from xml.sax.saxutils import escape, quoteattr

from runner.outcomes import Outcome
from runner.pairs import Pair, pairs_of

# Told apart without colour too: the labels differ, and the lightness does.
_COLOURS = {
    "passed": ("#2e7d4f", "#ffffff"),
    "known": ("#e6c35c", "#222222"),
    "failed": ("#b3261e", "#ffffff"),
    "impossible": ("#d9dde3", "#444444"),
    "none": ("#f3f4f6", "#777777"),
}
_MEANINGS = (
    ("passed", "all cases passed"),
    ("known", "some are known to fail"),
    ("impossible", "the pair cannot share a process"),
    ("failed", "failed"),
)
_FIELD = 58  # width and height of one pair's field
_GAP = 3
_LEFT = 74  # the clients' names
_TOP = 104
_BETWEEN = 34
_SQUARES_IN_A_ROW = 3
_BETWEEN_ROWS = 46
_FONT = "font-family=\"'DejaVu Sans', 'Segoe UI', Helvetica, Arial, sans-serif\""


def draw(outcomes: list[Outcome]) -> str:
    """The SVG."""
    pairs = pairs_of(outcomes)
    transports, clients, servers = (list(dict.fromkeys(key[axis] for key in pairs))
                                    for axis in range(3))
    square = len(servers) * (_FIELD + _GAP)
    across = min(len(transports), _SQUARES_IN_A_ROW)
    down = -(-len(transports) // _SQUARES_IN_A_ROW)
    tall = len(clients) * (_FIELD + _GAP) + _BETWEEN_ROWS
    width = max(_LEFT + across * (square + _LEFT + _BETWEEN) - _LEFT, 620)
    height = _TOP + down * tall - _BETWEEN_ROWS + 64
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" {_FONT}>',
        "<title>PolyCall: every client language against every server language</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        _text(16, 30, "Every client against every server", 18, "#111111", weight="bold"),
        _text(16, 50, _headline(outcomes), 13, "#555555"),
    ]
    for number, transport in enumerate(transports):
        row, column = divmod(number, _SQUARES_IN_A_ROW)
        left = _LEFT + column * (square + _LEFT + _BETWEEN)
        here = [key for key in pairs if key[0] == transport]
        parts += _square(left, _TOP + row * tall, transport,
                         list(dict.fromkeys(key[1] for key in here)),
                         list(dict.fromkeys(key[2] for key in here)), pairs)
    parts += _legend(height - 26)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _headline(outcomes: list[Outcome]) -> str:
    good = sum(outcome.kind.good for outcome in outcomes)
    bad = sum(outcome.kind.bad for outcome in outcomes)
    cases = len({outcome.cell.case.name for outcome in outcomes})
    return (f"{good} cells as expected, {bad} not; up to {cases} cases for each pair and transport; "
            "rows: clients, columns: servers")


def _square(left: int, top: int, transport: str, clients: list[str], servers: list[str],
            pairs: dict[tuple[str, str, str], Pair]) -> list[str]:
    parts = [_text(left, top - 24, transport, 15, "#111111", weight="bold")]
    for column, server in enumerate(servers):
        middle = left + column * (_FIELD + _GAP) + _FIELD / 2
        parts.append(_text(middle, top - 6, server, 12, "#333333", anchor="middle"))
    for row, client in enumerate(clients):
        own = top + row * (_FIELD + _GAP)
        parts.append(_text(left - 8, own + _FIELD / 2 + 4, client, 12, "#333333", anchor="end"))
        for column, server in enumerate(servers):
            pair = pairs.get((transport, client, server))
            if pair is not None:
                parts.append(_field(left + column * (_FIELD + _GAP), own, pair))
    return parts


def _field(left: int, top: int, pair: Pair) -> str:
    fill, ink = _COLOURS[pair.state]
    tip = escape("\n".join([pair.summary(), *pair.remarks()]))
    # In the page, a field leads to its details.
    return (f"<a href={quoteattr('#' + pair.anchor)}><g><title>{tip}</title>"
            f'<rect x="{left}" y="{top}" width="{_FIELD}" height="{_FIELD}" rx="5" fill="{fill}"/>'
            + _text(left + _FIELD / 2, top + _FIELD / 2 + 5, pair.label, 14, ink, anchor="middle")
            + "</g></a>")


def _legend(top: float) -> list[str]:
    parts, left = [], 16
    for state, meaning in _MEANINGS:
        parts.append(f'<rect x="{left}" y="{top - 11}" width="14" height="14" rx="3" '
                     f'fill="{_COLOURS[state][0]}"/>')
        parts.append(_text(left + 20, top, meaning, 12, "#333333"))
        left += 44 + 7 * len(meaning)
    return parts


def _text(left: float, top: float, text: str, size: int, colour: str, anchor: str = "start",
          weight: str = "normal") -> str:
    return (f'<text x="{left:g}" y="{top:g}" font-size="{size}" fill="{colour}" '
            f'text-anchor="{anchor}" font-weight="{weight}">{escape(text)}</text>')


def write(folder: pathlib.Path, outcomes: list[Outcome]) -> None:
    """matrix.svg, and matrix.png where rsvg-convert is installed."""
    path = folder / "matrix.svg"
    path.write_text(draw(outcomes), encoding="utf-8")
    png = folder / "matrix.png"
    png.unlink(missing_ok=True)  # never one of an older run
    converter = shutil.which("rsvg-convert")
    if converter is not None:
        subprocess.run([converter, "--zoom", "1.5", "--output", str(png), str(path)], timeout=60,
                       check=True, stdin=subprocess.DEVNULL)
