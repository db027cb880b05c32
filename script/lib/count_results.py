"""Counts test cases.

    count_results.py junit FILE    results of `ctest --output-junit FILE`
    count_results.py log FILE      a log whose program printed "N passed, N failed"

Prints "PASSED FAILED" and, for junit, the names of what failed on further lines. A ctest entry that
is a GoogleTest program, or one that prints a line "N passed, N failed", counts for as many cases as it
ran; any other counts for one. An entry that ended badly counts at least one failure.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree

GTEST_PASSED = re.compile(r"\[  PASSED  \] (\d+) tests?")
GTEST_FAILED = re.compile(r"\[  FAILED  \] (\d+) tests?, listed below")
GTEST_CASE_FAILED = re.compile(r"^\[  FAILED  \] (\S+\.\S+)(?: |$)", re.MULTILINE)
SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed", re.MULTILINE)


def count_output(text):
    """Returns (passed, failed) of one program's output, or None if it tells no counts."""
    summaries = SUMMARY.findall(text)
    if summaries:
        return int(summaries[-1][0]), int(summaries[-1][1])
    passed = GTEST_PASSED.findall(text)
    if passed:
        failed = GTEST_FAILED.findall(text)
        return int(passed[-1]), int(failed[-1]) if failed else 0
    return None


def count_junit(path):
    passed, failed, names = 0, 0, []
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        output = case.findtext("system-out") or ""
        good = case.get("status") == "run"
        counts = count_output(output) or ((1, 0) if good else (0, 1))
        if not good and counts[1] == 0:
            counts = (counts[0], 1)
        passed += counts[0]
        failed += counts[1]
        if not good:
            inner = sorted(set(GTEST_CASE_FAILED.findall(output)))
            names.append(case.get("name") + (": " + ", ".join(inner) if inner else ""))
    return passed, failed, names


def main():
    form, path = sys.argv[1:]
    if form == "junit":
        try:
            passed, failed, names = count_junit(path)
        except (OSError, ElementTree.ParseError) as error:
            passed, failed, names = 0, 1, [f"ctest left no results: {error}"]
    else:
        with open(path, encoding="utf-8", errors="replace") as log:
            counts = count_output(log.read())
        passed, failed = counts or (0, 0)
        names = []
    print(passed, failed)
    for name in names:
        print(name)


if __name__ == "__main__":
    main()
