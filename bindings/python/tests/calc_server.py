"""A server of its own process: prints its target, serves until its standard input ends."""

import sys

from support import Calc, serving

if __name__ == "__main__":
    with serving(Calc()) as target:
        print(target, flush=True)
        sys.stdin.read()
