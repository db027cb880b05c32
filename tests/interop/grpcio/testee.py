#!/usr/bin/python3
"""gRPC's own Python library as a testee, without PolyCall:

    client --target T --case C[,C...] --token K
    server --target T

../README.md tells what is printed.
"""

import argparse
import faulthandler
import sys

import client
import server

OUTCOMES = {0: "passed", 3: "unknown"}


def main() -> int:
    faulthandler.enable()  # SIGABRT prints the stacks of all Python threads
    parser = argparse.ArgumentParser()
    roles = parser.add_subparsers(dest="role", required=True)
    of_client = roles.add_parser("client")
    of_client.add_argument("--case", required=True)
    of_client.add_argument("--token", default="0")
    of_server = roles.add_parser("server")
    for arguments in (of_client, of_server):
        arguments.add_argument("--target", required=True)
    options = parser.parse_args()
    if options.role == "server":
        return server.run(options.target)
    return run_cases(options.target, options.case.split(","), options.token)


def run_cases(target: str, cases: list[str], token: str) -> int:
    """Several cases one after another, each with its outcome; or one, whose outcome is the exit
    code."""
    if len(cases) == 1:
        return client.run(target, cases[0], token)
    for number, case in enumerate(cases):
        code = client.run(target, case, f"{token}.{number}")
        print(f"case {case} {OUTCOMES.get(code, 'failed')}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
