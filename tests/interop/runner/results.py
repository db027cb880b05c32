"""What a machine reads: results.json, and results.xml in the form that CI systems know from
JUnit."""

import json
import pathlib
from xml.etree import ElementTree

from runner.outcomes import Kind, Outcome


def write(folder: pathlib.Path, outcomes: list[Outcome], extra: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "passed": sum(outcome.kind.good for outcome in outcomes),
        "failed": sum(outcome.kind.bad for outcome in outcomes),
        "cells": [_cell(outcome, extra) for outcome in outcomes],
    }
    (folder / "results.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    ElementTree.ElementTree(_suite(outcomes)).write(folder / "results.xml", encoding="utf-8",
                                                    xml_declaration=True)


def _cell(outcome: Outcome, extra: list[str]) -> dict:
    cell = outcome.cell
    return {
        "client": cell.client.name,
        "server": cell.server.name,
        "transport": cell.transport.name,
        "case": cell.case.name,
        "outcome": outcome.kind.value,
        "seconds": round(outcome.seconds, 3),
        "message": outcome.message,
        "output": outcome.output,
        "rerun": cell.rerun(extra),
    }


def _suite(outcomes: list[Outcome]) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", {
        "name": "interop",
        "tests": str(len(outcomes)),
        "failures": str(sum(outcome.kind.bad for outcome in outcomes)),
        "skipped": str(sum(outcome.kind is Kind.NOT_APPLICABLE for outcome in outcomes)),
    })
    for outcome in outcomes:
        cell = outcome.cell
        test = ElementTree.SubElement(suite, "testcase", {
            "classname": f"{cell.client.name}.{cell.server.name}.{cell.transport.name}",
            "name": cell.case.name,
            "time": f"{outcome.seconds:.3f}",
        })
        if outcome.kind.bad:
            failure = ElementTree.SubElement(test, "failure",
                                             {"message": _printable(outcome.message)})
            failure.text = _printable(outcome.output)
        elif outcome.kind is not Kind.PASSED:
            ElementTree.SubElement(test, "skipped", {"message": _printable(outcome.message)})
    return suite


def _printable(text: str) -> str:
    """XML 1.0 has no place for most control characters."""
    return "".join(letter if letter >= " " or letter in "\n\t" else "?" for letter in text)
