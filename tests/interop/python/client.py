"""The Python client: finds the case by its name and runs it on a channel of its own."""

import sys
import traceback

import cancel_cases
import failure_cases
import load_cases
import settings
import status_cases
import stream_cases
import unary_cases
from context import CaseFailed, Context, expect_equal

_MODULES = (unary_cases, stream_cases, status_cases, cancel_cases, load_cases, failure_cases)


def run(target: str, case: str, token: str) -> int:
    """0 if all is as it should be, 1 with the reason as last line, 3 if the case is unknown."""
    # A case in two steps is named case.step, its functions case_step.
    name = case.replace(".", "_")
    function = next((getattr(module, name) for module in _MODULES if name in module.CASES), None)
    if function is None:
        print(f"the Python client has no case '{case}'", file=sys.stderr)
        return 3
    try:
        with settings.open_channel(target) as channel:
            function(Context(target, token, channel))
            check_transport(channel, case == "empty_unary")
        return 0
    except CaseFailed as error:
        print(error, file=sys.stderr)
    except Exception as error:  # whatever else: it is what the case found
        traceback.print_exc()
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    return 1


def check_transport(channel, must: bool) -> None:
    """The channel is on the transport under test; or, unless it `must` be, not connected."""
    found = channel.transport
    if settings.TRANSPORT is not None and (found is not None or must):
        expect_equal(settings.TRANSPORT, found, "the channel's transport")
