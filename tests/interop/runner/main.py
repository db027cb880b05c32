"""From the command line to the last line."""

import pathlib
import shlex
import sys
import tempfile

from runner import arguments, certificates, expectations, matrix, page, picture, results
from runner.cases import CASES
from runner.cells import plan
from runner.execution import Executor
from runner.languages import LANGUAGES, SOURCE
from runner.screen import Screen
from runner.servers import ServerPool
from runner.transports import TRANSPORTS


def main(argv=None, languages=LANGUAGES, transports=TRANSPORTS, cases=CASES,
         expected_failures=SOURCE / "expected_failures", screen=None) -> int:
    """Returns the exit code: 0 if nothing failed, 1 if something did, 2 if nothing could be run."""
    options = arguments.parse(argv, languages, transports, cases)
    screen = screen or Screen()
    if options.list:
        _list(screen, options)
        return 0
    build = (options.build_dir or arguments.default_build()).resolve()
    try:
        everything = plan(languages, languages, transports, cases)
        expected = expectations.load(expected_failures, everything)
    except expectations.ExpectationError as error:
        print(error, file=sys.stderr)
        return 2
    missing = _missing(options, build)
    if missing:
        print("not built yet: " + ", ".join(missing)
              + f"\nbuild the testees first: ninja -C {build} interop (gRPC's own are left out of it "
              "where script/bootstrap test has not run)", file=sys.stderr)
        return 2

    # Rerun commands name a build folder only if this run had to.
    extra = ["--build-dir", shlex.quote(str(options.build_dir))] if options.build_dir else []
    cells = plan(options.clients, options.servers, options.transports, options.cases)
    # A unix socket's path may have 107 bytes: the folder is made where paths are short.
    with tempfile.TemporaryDirectory(prefix="interop-", dir="/tmp") as name:
        folder = pathlib.Path(name)
        if any(transport.certified for transport in options.transports):
            certificates.make(folder / "tls")
        pool = ServerPool(build, folder)
        try:
            executor = Executor(build, folder, pool, options.timeout)
            outcomes = matrix.run(cells, executor, expected, options, screen)
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            return 130
        finally:
            problems = pool.stop()
    screen.matrix(outcomes)
    screen.not_applicable(outcomes)
    screen.failures(outcomes, extra, options.verbose)
    for problem in problems:
        screen.line(screen.paint(f"FAILED at the end: {problem.rstrip()}", "red"))
    results.write(options.output_dir, outcomes, extra)
    page.write(options.output_dir, outcomes, extra)
    picture.write(options.output_dir, outcomes)
    passed = sum(outcome.kind.good for outcome in outcomes)
    failed = sum(outcome.kind.bad for outcome in outcomes) + len(problems)
    screen.line(screen.paint(f"{passed} passed, {failed} failed", "red" if failed else "green"))
    return 1 if failed else 0


def _missing(options, build: pathlib.Path) -> list[str]:
    wanted = dict.fromkeys([*options.clients, *options.servers])
    return [path for language in wanted for path in language.missing(build)]


def _list(screen: Screen, options) -> None:
    screen.line("clients:    " + ", ".join(language.name for language in options.clients))
    screen.line("servers:    " + ", ".join(language.name for language in options.servers))
    screen.line("transports: " + ", ".join(transport.name for transport in options.transports))
    screen.line("cases:")
    for case in options.cases:
        notes = "".join(f" (not over {transport}: {reason})"
                        for transport, reason in case.not_over.items())
        screen.line(f"  {case.name:<33} {case.about}{notes}")
