"""Medians and ratios over interleaved rounds.

A ratio is formed inside each round and the median taken of the ratios: what the machine did to a
round, it did to both sides of that round's ratio.
"""

import statistics


def median(values):
    """Median of the values that are not None; None when there are none."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def median_ratio(numerators, denominators):
    """Median of numerator/denominator, round by round; None when no round has both."""
    return median(
        [
            over / under
            for over, under in zip(numerators, denominators)
            if over is not None and under
        ]
    )
