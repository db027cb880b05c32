"""The matrix as a page: the picture, then what each field of it is about."""

import html
import pathlib

from runner import picture
from runner.outcomes import Kind, Outcome
from runner.pairs import Pair, pairs_of

_STYLE = """
body { font-family: 'DejaVu Sans', 'Segoe UI', Helvetica, Arial, sans-serif; color: #222;
       margin: 2rem auto; max-width: 90rem; padding: 0 1rem; line-height: 1.45; }
.wide { overflow-x: auto; }
svg a:focus rect, svg a:hover rect { stroke: #111; stroke-width: 2; }
table { border-collapse: collapse; }
td, th { border: 1px solid #ddd; padding: .25rem .6rem; text-align: left; vertical-align: top; }
pre { background: #f5f5f5; padding: .6rem; overflow-x: auto; }
section:target { outline: 2px solid #2e7d4f; outline-offset: .4rem; }
.bad { color: #b3261e; }
"""
_TITLE = "PolyCall: every client against every server"


def render(outcomes: list[Outcome], extra: list[str]) -> str:
    """The HTML. `extra` are the options of the rerun commands."""
    pairs = pairs_of(outcomes).values()
    failed = [outcome for outcome in outcomes if outcome.kind.bad]
    parts = [
        "<!DOCTYPE html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{_TITLE}</title>'
        f"<style>{_STYLE}</style></head><body>",
        f'<div class="wide">{picture.draw(outcomes)}</div>',
    ]
    if failed:
        parts.append(f'<h2 class="bad">What failed ({len(failed)})</h2>')
        parts += [_failure(outcome, extra) for outcome in failed]
    parts.append("<h2>What each field is about</h2>")
    parts.append("<p>A field's number is how many cases passed; n/m: n of m. Fields link here.</p>")
    parts += [_pair(pair) for pair in pairs]
    parts.append("<h2>The cases</h2>")
    parts.append(_cases(outcomes))
    return "\n".join([*parts, "</body></html>"]) + "\n"


def _failure(outcome: Outcome, extra: list[str]) -> str:
    output = f"<pre>{html.escape(outcome.output.strip())}</pre>" if outcome.output.strip() else ""
    return (f"<p><b>{html.escape(outcome.cell.name)}</b>: {html.escape(outcome.message)}<br>"
            f"<code>{html.escape(outcome.cell.rerun(extra))}</code></p>{output}")


def _pair(pair: Pair) -> str:
    remarks = "".join(f"<li>{html.escape(remark)}</li>" for remark in pair.remarks())
    return (f'<section id="{html.escape(pair.anchor)}"><p>{html.escape(pair.summary())}</p>'
            + (f"<ul>{remarks}</ul>" if remarks else "") + "</section>")


def _cases(outcomes: list[Outcome]) -> str:
    cases = dict.fromkeys(outcome.cell.case.name for outcome in outcomes)
    rows = []
    for name in cases:
        own = [outcome for outcome in outcomes if outcome.cell.case.name == name]
        passed = sum(outcome.kind is Kind.PASSED for outcome in own)
        possible = sum(outcome.kind is not Kind.NOT_APPLICABLE for outcome in own)
        about = html.escape(own[0].cell.case.about)
        rows.append(f"<tr><td>{html.escape(name)}</td><td>{about}</td>"
                    f"<td>{passed} of {possible}</td></tr>")
    return ("<table><tr><th>case</th><th>what it asserts</th><th>passed</th></tr>"
            + "".join(rows) + "</table>")


def write(folder: pathlib.Path, outcomes: list[Outcome], extra: list[str]) -> None:
    """matrix.html."""
    (folder / "matrix.html").write_text(render(outcomes, extra), encoding="utf-8")
