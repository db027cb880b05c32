"""One client run's result, as the programs print it, in the units of the result rows."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Measurement:
    """What one run measured; None where it measured nothing."""

    p50_ns: float | None
    p99_ns: float | None
    calls_per_s: float | None
    mb_per_s: float | None
    cpu_us_per_call: float | None


def from_program(result):
    """Turns the JSON object a program printed into a Measurement."""
    calls = result["calls"]
    wall_ns = result["wall_ns"]
    if calls <= 0 or wall_ns <= 0:
        raise ValueError(f"the program measured no calls: {result}")
    calls_per_s = calls * 1e9 / wall_ns
    cpu_ns = result["client_cpu_ns"] + result["server_cpu_ns"]
    return Measurement(
        p50_ns=result["p50_ns"] or None,
        p99_ns=result["p99_ns"] or None,
        calls_per_s=calls_per_s,
        # Payload once, though it travels both ways.
        mb_per_s=calls_per_s * result["payload"] / 1e6 if result["payload"] else None,
        cpu_us_per_call=cpu_ns / calls / 1e3,
    )
