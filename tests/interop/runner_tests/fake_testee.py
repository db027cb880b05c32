"""A testee without PolyCall: what its client does is in the name of the case."""

import os
import sys
import time


counted = 0


def client(case: str) -> int:
    if case.startswith("fails"):
        print("some noise\nexpected 3, found 4", file=sys.stderr)
        return 1
    if case.startswith("hangs"):
        print("waiting for nothing", file=sys.stderr, flush=True)
        time.sleep(600)
    if case.startswith("crashes"):
        os.abort()
    if case.startswith("counts"):
        global counted
        counted += 1
        return 0 if counted == 1 else 1
    if case.startswith("hosted"):
        return 0 if "host:fake:a/module" in sys.argv else 1
    if case.endswith(".die"):
        return 42
    return 0


def run_cases(names: list[str], with_server: str) -> int:
    if with_server.startswith("host:refused"):
        print("alpha cannot share a process with refused", file=sys.stderr)
        return 1
    if len(names) == 1:
        return client(names[0])
    for name in names:
        code = client(name)
        said = "truth" if name == "lies" else name
        print(f"case {said} {'passed' if code == 0 else 'failed'}", flush=True)
        if name == "leaves":
            break
    return 0


def server(target: str) -> int:
    if "refused" in target:
        print("that address cannot be had", file=sys.stderr)
        return 3
    print("listening " + target, flush=True)
    sys.stdin.read()
    return 0


def main() -> int:
    role, arguments = sys.argv[1], sys.argv[2:]
    options = dict(zip(arguments[::2], arguments[1::2]))
    if role == "client" or "--with-client" in options:
        return run_cases(options["--case"].split(","), options.get("--with-server", ""))
    return server(options["--target"])


if __name__ == "__main__":
    sys.exit(main())
