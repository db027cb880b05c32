"""The cases. What each asserts is in the testees; here is how the runner stages it.

To add one: one line here, and a function of its name in every language's testee (or a line in the
list of expected failures of those that cannot).
"""

import dataclasses

_TWO_PROCESSES = "it needs a peer whose process can die alone"
_ONE_PROCESS = {"inproc": _TWO_PROCESSES}


@dataclasses.dataclass(frozen=True)
class Step:
    """One run of the client: `name` is what it gets as --case."""

    name: str
    exit_code: int = 0


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    about: str
    timeout: float = 20.0  # seconds for each step
    # The case ends its server or measures it: it gets a server of its own.
    own_server: bool = False
    # With own_server: the server ends by itself, with this code.
    server_exit_code: int | None = None
    steps: tuple[Step, ...] = ()
    # Transports over which the case cannot exist, with the reason.
    not_over: dict[str, str] = dataclasses.field(default_factory=dict)
    # Why the case cannot exist within a process between two ends of the same language.
    not_native: str | None = None

    def all_steps(self) -> tuple[Step, ...]:
        return self.steps or (Step(self.name),)


# The exit code with which a client dies on purpose, and a server when it is told to.
DIED = 42

CASES = (
    # gRPC's own, in the order of its description.
    Case("empty_unary", "a call without content succeeds"),
    Case("large_unary", "271,828 bytes go, 314,159 come back"),
    Case("client_streaming", "four messages up, one answer with their sum"),
    Case("server_streaming", "one message up, four answers of given sizes"),
    Case("ping_pong", "four messages, each after the answer to the last"),
    Case("empty_stream", "a stream without a message in either direction succeeds"),
    Case("custom_metadata", "initial and binary trailing metadata are echoed"),
    Case("status_code_and_message", "a handler's status comes back whole"),
    Case("special_status_message", "white space and Unicode in a status survive"),
    Case("unimplemented_method", "a method that the server lacks is UNIMPLEMENTED"),
    Case("unimplemented_service", "a service that the server lacks is UNIMPLEMENTED"),
    Case("cancel_after_begin", "a call cancelled before its first message is CANCELLED"),
    Case("cancel_after_first_response", "a call cancelled between messages is CANCELLED"),
    Case("timeout_on_sleeping_server", "a deadline that passes is DEADLINE_EXCEEDED"),
    Case("rpc_soak", "many calls on one channel", timeout=60),
    Case("channel_soak", "many channels with one call each", timeout=60),
    # PolyCall's own.
    Case("deadline_propagation", "a deadline reaches the second server, and ends the call there"),
    Case("cancel_propagation", "a cancellation reaches the second server"),
    Case("concurrent_calls", "1,000 calls at once, and 16 threads of callers, on one channel",
         timeout=60),
    Case("slow_reader_backpressure", "a server whose caller does not read has to stop sending",
         timeout=60, own_server=True),
    Case("handler_throws", "a handler that fails ends its call, not its server"),
    Case("message_too_large", "messages above the limit are refused, both ways",
         not_native="the message itself is passed, which has no size until it is encoded"),
    Case("unknown_fields_kept", "fields from a newer schema come back"),
    Case("client_dies_midstream", "the handler hears that its caller's process died",
         steps=(Step("client_dies_midstream.die", DIED), Step("client_dies_midstream.check")),
         not_over=_ONE_PROCESS),
    Case("server_dies_midcall", "calls end UNAVAILABLE when the server's process dies",
         own_server=True, server_exit_code=DIED, not_over=_ONE_PROCESS),
    Case("graceful_shutdown_loses_nothing", "calls under way at a shutdown end well",
         own_server=True, server_exit_code=0),
)
