"""Running all cells, several at a time."""

import concurrent.futures

from runner import expectations
from runner.execution import Executor
from runner.outcomes import Kind, Outcome, judge
from runner.screen import Screen


def run(cells, executor: Executor, expected, options, screen: Screen) -> list[Outcome]:
    """The outcomes, in the order of the cells."""
    outcomes: dict[int, Outcome] = {}
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as threads:
        pending = {threads.submit(_run_one, cell, executor, expected, options.repeat): index
                   for index, cell in enumerate(cells)}
        try:
            for future in concurrent.futures.as_completed(pending):
                outcome = future.result()
                outcomes[pending[future]] = outcome
                failed += outcome.kind.bad
                screen.progress(len(outcomes), len(cells), failed, outcome.cell.name)
        except KeyboardInterrupt:
            threads.shutdown(wait=False, cancel_futures=True)  # what runs ends by its own bounds
            raise
    screen.progress_end()
    return [outcomes[index] for index in range(len(cells))]


def _run_one(cell, executor: Executor, expected, repeat: int) -> Outcome:
    reason = cell.why_not()
    if reason:
        return Outcome(cell, Kind.NOT_APPLICABLE, reason)
    expectation = expectations.find(expected, cell)
    for _ in range(repeat):
        outcome = judge(cell, executor.run(cell), expectation)
        if outcome.kind.bad:
            break
    return outcome
