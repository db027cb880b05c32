#!/usr/bin/python3
"""The Python testee:

    client --target T --case C[,C...] --token K [--with-server self|LIBRARY|host:LANG:MODULE]
    server --target T [--with-client LIBRARY --case C[,C...] --token K]

With the bracketed options both ends are in this process. ../README.md tells what is printed.
"""

import argparse
import faulthandler
import os
import sys
import threading

import client
import hosting
import native
import server

OUTCOMES = {0: "passed", 3: "unknown"}


def main() -> int:
    faulthandler.enable()  # SIGABRT prints the stacks of all Python threads
    parser = argparse.ArgumentParser()
    roles = parser.add_subparsers(dest="role", required=True)
    for role, other in (("client", "--with-server"), ("server", "--with-client")):
        arguments = roles.add_parser(role)
        arguments.add_argument("--target", required=True)
        arguments.add_argument("--case")
        arguments.add_argument("--token", default="0")
        arguments.add_argument(other)
    options = parser.parse_args()
    return run_client(options) if options.role == "client" else run_server(options)


def run_client(options) -> int:
    if options.with_server is None:
        return run_cases(options, options.target, client.run)
    if options.with_server.startswith("host:"):
        serving = hosting.Hosted(options.with_server.removeprefix("host:"))
    else:
        serving = server if options.with_server == "self" else native.Library(options.with_server)
    address = serving.serve(options.target)
    code = run_cases(options, address, client.run)
    serving.stop()
    return code


def run_cases(options, target, run) -> int:
    """Several cases one after another, each with its outcome; or one, whose outcome is the exit
    code."""
    names = options.case.split(",")
    if len(names) == 1:
        return run(target, options.case, options.token)
    for number, name in enumerate(names):
        code = run(target, name, f"{options.token}.{number}")
        print(f"case {name} {OUTCOMES.get(code, 'failed')}", flush=True)
    return 0


def run_server(options) -> int:
    address = server.serve(options.target)
    if options.with_client is not None:
        code = run_cases(options, address, native.Library(options.with_client).client)
        server.stop()
        return code
    print("listening " + address, flush=True)
    threading.Thread(target=stop_at_end_of_input, daemon=True).start()
    server.wait()
    server.stop()
    return 0


def stop_at_end_of_input() -> None:
    """The runner closes our input when it wants us to end, and the kernel does so if it dies."""
    while os.read(0, 64):
        pass
    server.stop()


if __name__ == "__main__":
    sys.exit(main())
