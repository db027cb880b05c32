"""The client, with grpcio's blocking API: finds the case by its name and runs it on a channel of its
own."""

import sys
import traceback

import cancel_cases
import failure_cases
import load_cases
import settings
import status_cases
import stream_cases
import unary_cases
from context import CaseFailed, Context

_MODULES = (unary_cases, stream_cases, status_cases, cancel_cases, load_cases, failure_cases)


def run(target: str, case: str, token: str) -> int:
    """0 if all is as it should be, 1 with the reason as last line, 3 if the case is unknown."""
    # A case in two steps is named case.step, its functions case_step.
    name = case.replace(".", "_")
    function = next((getattr(module, name) for module in _MODULES if name in module.CASES), None)
    if function is None:
        print(f"the grpcio client has no case '{case}'", file=sys.stderr)
        return 3
    try:
        with settings.open_channel(target) as channel:
            function(Context(target, token, channel))
        return 0
    except CaseFailed as error:
        print(error, file=sys.stderr)
    except Exception as error:  # whatever else: it is what the case found
        traceback.print_exc()
        print(f"{type(error).__name__}: {error}".replace("\n", " "), file=sys.stderr)
    return 1
