"""Holds the codecs of all languages against protobuf C++. README.md tells how."""

import argparse
import pathlib
import struct
import sys
import time

from expectations import Expectations
from testee import ACCEPTED, DECODE, RECODE, Answer, Broken, Process, request

FOLDER = pathlib.Path(__file__).resolve().parent.parent
ROOT = FOLDER.parent.parent
# In the order of the reports. A language needs its name here and a program codec_testee_<language>.
LANGUAGES = ("cpp", "c", "haskell", "lisp", "ecl")
LIST, MAKE, JUDGE = 10, 11, 12
BATCH = 128
SHOWN = 10  # differences, for each language
SHOWN_BYTES = 600


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(
        prog="tests/codec_conformance/run",
        description="Holds the codecs of all languages against protobuf C++.")
    parser.add_argument("--languages", metavar="A,B", help=f"of {', '.join(LANGUAGES)}; default: all that were built")
    parser.add_argument("--count", type=int, default=50, help="inputs of each kind for each message type (50)")
    parser.add_argument("--seed", type=int, default=1, help="another seed makes other inputs (1)")
    parser.add_argument("--only", metavar="TYPE[/KIND[/SEED.NUMBER]]", help="a message type, one kind of its inputs, or one input")
    parser.add_argument("--show", type=int, default=SHOWN, help=f"differences to print for each language ({SHOWN})")
    parser.add_argument("--list", action="store_true", help="print message types and kinds of input")
    parser.add_argument("--build-dir", type=pathlib.Path, default=ROOT / "build" / "release", help="default: build/release")
    parser.add_argument("--testee", metavar="LANGUAGE=COMMAND", action="append", default=[], help=argparse.SUPPRESS)
    parser.add_argument("--expected-failures", type=pathlib.Path, default=FOLDER / "expected_failures", help=argparse.SUPPRESS)
    parser.add_argument("--timeout", type=float, default=10.0, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.count < 1:
        parser.error("--count wants a number from 1 up")
    return parser, chosen


def find_testees(parser, chosen):
    """Language to command, in order."""
    programs = chosen.build_dir / "tests" / "codec_conformance"
    found = {name: [programs / f"codec_testee_{name}"] for name in LANGUAGES}
    for text in chosen.testee:
        name, _, command = text.partition("=")
        found[name] = command.split()
    if chosen.languages is None:
        return {name: command for name, command in found.items() if pathlib.Path(command[0]).exists()}
    wanted = {}
    for name in chosen.languages.split(","):
        if name not in found:
            parser.error(f"--languages: {name} is none of {', '.join(found)}")
        if not pathlib.Path(found[name][0]).exists():
            parser.error(f"{found[name][0]} is not there; build it: ninja -C {chosen.build_dir} codec_conformance")
        wanted[name] = found[name]
    return wanted


class Tally:
    """What came of one language."""

    def __init__(self, language, expectations):
        self.language = language
        self.expectations = expectations
        self.passed = 0
        self.failed = 0
        self.expected = 0
        self.accepted = 0
        self.failed_groups = set()
        self.shown = 0


class Runner:
    def __init__(self, chosen, testees):
        self.chosen = chosen
        judge = chosen.build_dir / "tests" / "codec_conformance" / "codec_judge"
        if not judge.exists():
            raise FileNotFoundError(f"{judge} is not there; build it: ninja -C {chosen.build_dir} codec_conformance")
        self.judge = Process([judge], timeout=60)
        self.testees = {name: Process(command, chosen.timeout) for name, command in testees.items()}
        self.tallies = {
            name: Tally(name, Expectations(chosen.expected_failures / f"{name}.txt")) for name in testees}
        text = self.judge.ask_one(LIST, "").data.decode()
        types, kinds = text.split("\n\n")
        self.types, self.kinds = types.split(), kinds.split()

    def inputs(self):
        """The names of the inputs, `type/kind/seed.number`."""
        only = (self.chosen.only or "").split("/")
        types = [name for name in self.types if only[0] in ("", name)]
        kinds = [name for name in self.kinds if len(only) < 2 or only[1] == name]
        if not types or not kinds:
            raise ValueError(f"--only {self.chosen.only}: no such type or kind; see --list")
        for name in types:
            for kind in kinds:
                if len(only) > 2:
                    yield f"{name}/{kind}/{only[2]}"
                    continue
                for number in range(self.chosen.count):
                    yield f"{name}/{kind}/{self.chosen.seed}.{number}"

    def run(self):
        names = list(self.inputs())
        for begin in range(0, len(names), BATCH):
            self._run_batch(names[begin:begin + BATCH])
        for process in self.testees.values():
            code = process.stop()
            if code not in (0, None):
                tally = self.tallies[self._name_of(process)]
                tally.failed += 1
                print(f"{tally.language}: it ended with {code} when its input ended; 0 is wanted")
        self.judge.stop()
        return len(names)

    def _name_of(self, process):
        return next(name for name, each in self.testees.items() if each is process)

    def _run_batch(self, names):
        inputs = []
        for name, answer in zip(names, self.judge.ask([request(MAKE, name) for name in names])):
            if not isinstance(answer, Answer) or answer.result != ACCEPTED:
                raise RuntimeError(f"the judge did not make {name}: {answer}")
            inputs.append(answer.data)
        for language, process in self.testees.items():
            # One in eight is only decoded.
            actions = [DECODE if int(name.rpartition(".")[2]) % 8 == 7 else RECODE for name in names]
            answers = process.ask(
                [request(action, name.split("/")[0], data) for action, name, data in zip(actions, names, inputs)])
            self._judge(self.tallies[language], names, actions, inputs, answers)

    def _judge(self, tally, names, actions, inputs, answers):
        requests = []
        for name, action, data, answer in zip(names, actions, inputs, answers):
            if isinstance(answer, Answer):
                content = struct.pack("<BI", action, len(data)) + data + bytes([answer.result]) + answer.data
                requests.append(request(JUDGE, name.split("/")[0], content))
        verdicts = iter(self.judge.ask(requests))
        for name, data, answer in zip(names, inputs, answers):
            if isinstance(answer, Broken):
                wrong = str(answer)
            else:
                verdict = next(verdicts)
                if isinstance(verdict, Broken):
                    raise RuntimeError(f"the judge broke at {name}: {verdict}")
                wrong = "" if verdict.result == ACCEPTED else verdict.data.decode(errors="replace")
                tally.accepted += answer.result == ACCEPTED
            self._count(tally, name, data, answer, wrong)

    def _count(self, tally, name, data, answer, wrong):
        if not wrong:
            tally.passed += 1
            return
        group = name.rpartition("/")[0]
        tally.failed_groups.add(group)
        if tally.expectations.expects(group):
            tally.expected += 1
            return
        tally.failed += 1
        tally.shown += 1
        if tally.shown <= self.chosen.show:
            self._show(tally, name, data, answer, wrong)

    def _show(self, tally, name, data, answer, wrong):
        print(f"\n{tally.language}: {name}: {wrong.rstrip()}")
        print(f"  input   {len(data)} bytes: {shown(data)}")
        if isinstance(answer, Answer):
            print(f"  answer  {answer.result}, {len(answer.data)} bytes: {shown(answer.data)}")
        print(f"  again   tests/codec_conformance/run --languages {tally.language} --only {name}")


def shown(data):
    return data[:SHOWN_BYTES].hex() + (" ..." if len(data) > SHOWN_BYTES else "")


def report(runner, seconds):
    """Prints the last lines; the exit code."""
    passed = failed = 0
    complete = runner.chosen.only is None
    groups = [f"{name}/{kind}" for name in runner.types for kind in runner.kinds]
    print()
    for tally in runner.tallies.values():
        if complete:
            for pattern in tally.expectations.stale(groups, tally.failed_groups):
                tally.failed += 1
                print(f"{tally.language}: expected to fail, but all pass: {pattern} "
                      f"(take it out of expected_failures/{tally.language}.txt)")
        if tally.shown > runner.chosen.show:
            print(f"{tally.language}: {tally.shown - runner.chosen.show} further differences; --show N prints more")
        line = f"{tally.language:8} {tally.passed} passed, {tally.failed} failed, {tally.expected} failed as expected"
        print(f"{line}; {tally.accepted} inputs accepted")
        passed += tally.passed
        failed += tally.failed
    print(f"{seconds:.1f} s, seed {runner.chosen.seed}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def main(arguments):
    parser, chosen = parse_arguments(arguments)
    testees = find_testees(parser, chosen)
    if not testees:
        parser.error(f"no testee in {chosen.build_dir}; build them: ninja -C {chosen.build_dir} codec_conformance")
    begin = time.monotonic()
    try:
        runner = Runner(chosen, testees)
        if chosen.list:
            print("\n".join(runner.types) + "\n\n" + "\n".join(runner.kinds))
            runner.judge.stop()
            return 0
        runner.run()
    except (FileNotFoundError, ValueError, Broken) as error:
        print(f"tests/codec_conformance/run: {error}", file=sys.stderr)
        return 2
    return report(runner, time.monotonic() - begin)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
