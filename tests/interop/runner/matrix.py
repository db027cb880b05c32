"""Running all cells, several at a time."""

import concurrent.futures

from runner import cells as cells_module
from runner import expectations
from runner.execution import Executor
from runner.outcomes import Kind, Outcome, judge
from runner.screen import Screen


def run(cells, executor: Executor, expected, options, screen: Screen) -> list[Outcome]:
    """The outcomes, in the order of the cells."""
    outcomes: dict[str, Outcome] = {}  # by the cell's name
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as threads:
        pending = [threads.submit(_run_batch, batch, executor, expected, options.repeat)
                   for batch in cells_module.batches(cells, options.one_by_one)]
        try:
            for future in concurrent.futures.as_completed(pending):
                for outcome in future.result():
                    outcomes[outcome.cell.name] = outcome
                    failed += outcome.kind.bad
                    screen.progress(len(outcomes), len(cells), failed, outcome.cell.name)
        except KeyboardInterrupt:
            threads.shutdown(wait=False, cancel_futures=True)  # what runs ends by its own bounds
            raise
    screen.progress_end()
    return [outcomes[cell.name] for cell in cells]


def _run_batch(batch, executor: Executor, expected, repeat: int) -> list[Outcome]:
    reason = batch[0].why_not()
    if reason:
        return [Outcome(cell, Kind.NOT_APPLICABLE, reason) for cell in batch]
    outcomes: list[Outcome] = []
    for _ in range(repeat):
        again = [judge(cell, run, expectations.find(expected, cell))
                 for cell, run in zip(batch, executor.run_batch(batch))]
        # The first failure of each counts.
        outcomes = [old if old.kind.bad else new
                    for old, new in zip(outcomes or again, again)]
        if all(outcome.kind.bad for outcome in outcomes):
            break
    return outcomes
