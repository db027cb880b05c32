"""What the runner's tests share: fake languages, and a run of the whole program over them."""

import io
import json
import pathlib
import tempfile

from runner import main
from runner.cases import Case, Step
from runner.languages import Language
from runner.screen import Screen
from runner.transports import Transport

_TESTEE = ("/usr/bin/python3", str(pathlib.Path(__file__).with_name("fake_testee.py")))

ALPHA = Language("alpha", _TESTEE, library="/dev/null")
BETA = Language("beta", _TESTEE)
GAMMA = Language("gamma", _TESTEE)
HOSTED = Language("hosted_one", _TESTEE, host=("fake", "a/module"))
REFUSED_HOST = Language("refused_host", _TESTEE, host=("refused", "a/module"))
LANGUAGES = (ALPHA, BETA, GAMMA, HOSTED, REFUSED_HOST)
INPROC = Transport("inproc", "inproc:{number}", in_process=True)
UNIX = Transport("unix", "unix:{folder}/{number}")
REFUSED = Transport("refused", "refused:{number}")
TRANSPORTS = (INPROC, UNIX, REFUSED)
CASES = (
    Case("passes", "passes"),
    Case("fails", "fails"),
    Case("hangs", "hangs", timeout=1.0),
    Case("crashes", "crashes"),
    Case("leaves", "ends the process after it"),
    Case("lies", "reports another name"),
    Case("counts_first", "passes if it is the first of its process"),
    Case("counts_second", "passes if it is the first of its process"),
    Case("hosted", "passes if the server is hosted"),
    Case("also_passes", "passes"),
    Case("dies", "dies on purpose", steps=(Step("dies.die", 42), Step("dies.check")),
         not_over={"inproc": "two processes"}),
    Case("needs_bytes", "is about bytes", not_native="there are none"),
    Case("ends_server", "the server stays", own_server=True, server_exit_code=42),
)


class Result:
    """The exit code, the lines on the screen and results.json of one run."""

    def __init__(self, code: int, screen: str, document: dict | None) -> None:
        self.code = code
        self.screen = screen
        self.lines = screen.splitlines()
        self.document = document

    def cell(self, case: str) -> dict:
        return next(cell for cell in self.document["cells"] if cell["case"] == case)


def run(cases: str, *more: str, expected: dict[str, str] | None = None, clients: str = "beta",
        servers: str = "beta", transports: str = "unix") -> Result:
    """Runs the runner over the fake languages. `expected`: language to the text of its list."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for language, text in (expected or {}).items():
            (folder / f"{language}.txt").write_text(text, encoding="utf-8")
        stream = io.StringIO()
        arguments = ["--clients", clients, "--servers", servers, "--transports", transports,
                     "--cases", cases, "--output-dir", str(folder / "out"), *more]
        code = main.main(arguments, LANGUAGES, TRANSPORTS, CASES, folder, Screen(stream))
        path = folder / "out" / "results.json"
        document = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
        return Result(code, stream.getvalue(), document)
