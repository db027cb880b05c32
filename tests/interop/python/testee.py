#!/usr/bin/python3
"""The Python testee:

    client --target T --case C --token K [--with-server self|LIBRARY]
    server --target T [--with-client LIBRARY --case C --token K]

With the bracketed options both ends are in this process.
"""

import argparse
import faulthandler
import os
import sys
import threading

import client
import native
import server


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
        return client.run(options.target, options.case, options.token)
    serving = server if options.with_server == "self" else native.Library(options.with_server)
    address = serving.serve(options.target)
    code = client.run(address, options.case, options.token)
    serving.stop()
    return code


def run_server(options) -> int:
    address = server.serve(options.target)
    if options.with_client is not None:
        code = native.Library(options.with_client).client(address, options.case, options.token)
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
