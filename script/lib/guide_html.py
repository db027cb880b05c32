"""Markdown, as far as the guide uses it, to HTML: headings, paragraphs, lists, tables, code, links, and
folds that stand together as tabs."""

import html
import re

FOLD = re.compile(
    r"<details(?: open)?>\n<summary>([^:<]+): <code>([\w.-]+)</code></summary>\n\n```\w*\n(.*?)^```\n\n</details>\n",
    re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^```\w*\n(.*?)^```\n", re.MULTILINE | re.DOTALL)

STYLE = """
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.55 sans-serif; color: #22272e; }
nav { font-size: .9rem; border-bottom: 1px solid #d8dde3; padding-bottom: .6rem; }
nav a { margin-right: 1.1rem; } nav a.here { font-weight: bold; color: inherit; text-decoration: none; }
a { color: #1f7a5c; } h1 { margin: 1.2rem 0 .6rem; } table { border-collapse: collapse; }
td, th { border: 1px solid #d8dde3; padding: .3rem .6rem; text-align: left; }
code { font: .9em monospace; background: #f2f4f6; padding: .1em .25em; border-radius: 3px; }
pre { background: #f6f8fa; border: 1px solid #d8dde3; border-radius: 4px; padding: .8rem; overflow-x: auto; }
pre code { background: none; padding: 0; }
.tabs > button { font: inherit; border: 1px solid #d8dde3; border-bottom: 0; background: #fff; padding: .35rem .9rem;
  cursor: pointer; border-radius: 4px 4px 0 0; } .tabs > button.chosen { background: #1f7a5c; color: #fff; }
.tabs > pre { margin-top: 0; border-top-left-radius: 0; display: none; } .tabs > pre.chosen { display: block; }
"""
SCRIPT = """
function choose(language) {
  document.querySelectorAll('.tabs').forEach(tabs => {
    const names = [...tabs.querySelectorAll('button')].map(each => each.dataset.language);
    const wanted = names.includes(language) ? language : names[0];
    tabs.querySelectorAll('[data-language]').forEach(
      each => each.classList.toggle('chosen', each.dataset.language === wanted));
  });
  try { localStorage.setItem('language', language); } catch (refused) { /* a page of a file */ }
}
let remembered = null;
try { remembered = localStorage.getItem('language'); } catch (refused) { /* a page of a file */ }
choose(remembered);
document.querySelectorAll('.tabs > button').forEach(
  each => each.addEventListener('click', () => choose(each.dataset.language)));
"""


def title_of(text):
    """The text of the first heading."""
    return re.search(r"^# (.*)$", text, re.MULTILINE).group(1)


def _link(match):
    text, target = match.groups()
    if target.startswith("../"):
        return f"{text} (<code>{target.lstrip('./')}</code>)"  # not part of these pages
    target = re.sub(r"\.md$", ".html", target).replace("README.html", "index.html")
    return f'<a href="{target}">{text}</a>'


def inline(text):
    """Code, bold, emphasis and links of a piece of text."""
    pieces = re.split(r"(`[^`]+`)", html.escape(text, quote=False))
    for number, piece in enumerate(pieces):
        if piece.startswith("`"):
            pieces[number] = f"<code>{piece[1:-1]}</code>"
        else:
            piece = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", piece)
            pieces[number] = re.sub(r"\*([^*]+)\*", r"<em>\1</em>", piece)
    return re.sub(r"\[([^\]]+)\]\(([^)]+)\)", _link, "".join(pieces))


def _table(lines):
    rows = [[inline(cell.strip()) for cell in line.strip("|").split("|")] for line in lines]
    head, body = rows[0], rows[2:]
    text = "<table><tr>" + "".join(f"<th>{cell}</th>" for cell in head) + "</tr>"
    return text + "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in body) + "</table>"


def _block(block):
    """One paragraph, list, table, heading or indented code."""
    lines = block.split("\n")
    heading = re.match(r"(#+) (.*)", block)
    if heading:
        level = len(heading.group(1))
        return f"<h{level}>{inline(heading.group(2))}</h{level}>"
    if all(line.startswith("    ") or not line for line in lines):
        return "<pre><code>" + html.escape("\n".join(line[4:] for line in lines)) + "</code></pre>"
    if lines[0].startswith("|"):
        return _table(lines)
    if lines[0].startswith("- "):
        items = re.split(r"^- ", block, flags=re.MULTILINE)[1:]
        return "<ul>" + "".join(f"<li>{inline(item.strip())}</li>" for item in items) + "</ul>"
    return f"<p>{inline(block)}</p>"


def _tabs(folds):
    buttons, panes = "", ""
    for language, file, code in folds:
        buttons += f'<button data-language="{language}" title="{file}">{language}</button>'
        panes += f'<pre data-language="{language}"><code>{html.escape(code)}</code></pre>'
    return f'<div class="tabs">{buttons}{panes}</div>'


def body(text):
    """The whole page's content."""
    kept = []

    def keep(made):
        kept.append(made)
        return f"\n\n\x00{len(kept) - 1}\n\n"

    group = re.compile(rf"(?:{FOLD.pattern})+", re.MULTILINE | re.DOTALL)
    text = group.sub(lambda match: keep(_tabs(FOLD.findall(match.group()))), text)
    text = FENCE.sub(lambda match: keep(f"<pre><code>{html.escape(match.group(1))}</code></pre>"), text)
    blocks = []
    # Indented code may have empty lines within.
    text = re.sub(r"(?<=\n    )(.*)\n\n(?=    )", "\\1\n    \n", text)
    for block in re.split(r"\n{2,}", text.strip("\n")):
        if block.startswith("\x00"):
            blocks.append(kept[int(block[1:])])
        elif block.strip():
            blocks.append(_block(block))
    return "\n".join(blocks)


def page(text, name, titles):
    """An HTML page. `titles`: (name, title) of all pages, for the line at the top."""
    links = "".join(
        f'<a{" class=here" if each == name else ""} href="{each}.html">{html.escape(title)}</a>'
        for each, title in titles)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title_of(text))}'
        f" - PolyCall</title><style>{STYLE}</style></head>\n<body><nav>{links}</nav>\n{body(text)}\n"
        f"<script>{SCRIPT}</script></body></html>\n")
