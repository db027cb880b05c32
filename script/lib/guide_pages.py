"""The pages of docs/guide: their code, one program for each language, and what it prints.

A language's program stands in its own fold:

    <details>
    <summary>C++: <code>errors.cc</code></summary>

    ```cpp
    ...
    ```

    </details>

and what all of them print in the fenced block `text` that follows. Folds that stand together are a
group of tabs.
"""

import dataclasses
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
GUIDE = ROOT / "docs" / "guide"
PAGES = ("first-service", "errors", "deadlines", "metadata", "streaming", "hosting",
         "transports", "tls", "scheduler")
# In the order of the tabs: the name in a summary, the one in folders and tests, the fence's.
LANGUAGES = (
    ("C++", "cpp", "cpp"), ("C", "c", "c"), ("Python", "python", "python"), ("Java", "java", "java"),
    ("Haskell", "haskell", "haskell"), ("Common Lisp", "lisp", "lisp"),
)
FOLDER_OF = {title: folder for title, folder, _ in LANGUAGES}

FOLD = re.compile(
    r"<details(?: open)?>\n<summary>([^:<]+): <code>([\w.-]+)</code></summary>\n\n"
    r"```(\w+)\n(.*?)^```\n\n</details>\n", re.MULTILINE | re.DOTALL)
OUTPUT = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Program:
    """One fold: a file of one language."""

    page: str
    language: str  # as in folders: "cpp"
    file: str
    text: str


@dataclasses.dataclass(frozen=True)
class Page:
    """A page: its groups of tabs, and the output that follows each ("" for none)."""

    name: str
    text: str
    groups: tuple  # of (tuple of Program, output)

    @property
    def programs(self):
        return [program for group, _ in self.groups for program in group]


def read_page(name, folder=GUIDE):
    """Reads and splits a page; ValueError names what is wrong with it."""
    path = folder / f"{name}.md"
    text = path.read_text(encoding="utf-8")
    groups, group, end = [], [], None
    for fold in FOLD.finditer(text):
        title, file, fence, code = fold.groups()
        if title not in FOLDER_OF:
            raise ValueError(f"{path}: {file} is in {title}, which is none of {', '.join(FOLDER_OF)}")
        if fence != next(each[2] for each in LANGUAGES if each[0] == title):
            raise ValueError(f"{path}: {file} is fenced as {fence}")
        if group and text[end:fold.start()].strip():
            groups.append((group, text[end:fold.start()]))
            group = []
        group.append(Program(name, FOLDER_OF[title], file, code))
        end = fold.end()
    if group:
        groups.append((group, text[end:]))
    if text.count("<details") != sum(len(each) for each, _ in groups):
        raise ValueError(f"{path}: a <details> is not as script/lib/guide_pages.py wants it")
    found = []
    for programs, behind in groups:
        output = OUTPUT.search(behind)
        found.append((tuple(programs), output.group(1) if output else ""))
    return Page(name, text, tuple(found))


def read_pages(folder=GUIDE):
    """All pages that there are, in the guide's order."""
    return [read_page(name, folder) for name in PAGES if (folder / f"{name}.md").exists()]
