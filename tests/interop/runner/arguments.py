"""The command line."""

import argparse
import os
import pathlib

from runner import languages as languages_module

REPOSITORY = languages_module.SOURCE.parent.parent


def _names(choices):
    known = [choice.name for choice in choices]

    def parse(text: str):
        names = [name for name in text.split(",") if name]
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"'{name}' is none of {', '.join(known)}")
        return [choice for choice in choices if choice.name in names]

    return parse


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if value <= 0:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number above 0")
    return value


def default_build() -> pathlib.Path:
    """The first build folder that has testees."""
    folders = [REPOSITORY / "build" / "release", REPOSITORY / "build"]
    built = (folder for folder in folders if (folder / "tests" / "interop").is_dir())
    return next(built, folders[0])


def parse(arguments, languages, transports, cases) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tests/interop/run",
        description="Runs clients against servers, in all languages, over all transports.")
    parser.add_argument("--clients", metavar="L,..", type=_names(languages),
                        default=list(languages))
    parser.add_argument("--servers", metavar="L,..", type=_names(languages),
                        default=list(languages))
    parser.add_argument("--transports", metavar="T,..", type=_names(transports),
                        default=list(transports))
    parser.add_argument("--cases", metavar="C,..", type=_names(cases), default=list(cases))
    parser.add_argument("--build-dir", "--build", dest="build_dir", type=pathlib.Path,
                        metavar="DIR",
                        help="where CMake built (default: build/release, or build)")
    parser.add_argument("--output-dir", type=pathlib.Path, metavar="DIR",
                        default=REPOSITORY / "build" / "interop",
                        help="where results.json and results.xml go (default: build/interop)")
    parser.add_argument("--list", action="store_true", help="show what there is and end")
    parser.add_argument("-j", "--jobs", type=int, metavar="N", default=min(4, os.cpu_count() or 1),
                        help="clients at a time (default: one a processor, at most 4)")
    parser.add_argument("--one-by-one", action="store_true",
                        help="a client process for each case (default: one for all cases of a pair "
                        "and transport that can share it)")
    parser.add_argument("--timeout", type=_positive, metavar="S",
                        help="seconds for one run of a client, instead of the case's own")
    parser.add_argument("--repeat", type=int, metavar="N", default=1,
                        help="run every cell N times; the first failure counts")
    parser.add_argument("--verbose", action="store_true",
                        help="with each failure, what client and server printed")
    parsed = parser.parse_args(arguments)
    if parsed.jobs < 1 or parsed.repeat < 1:
        parser.error("--jobs and --repeat must be at least 1")
    return parsed
