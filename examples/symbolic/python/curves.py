"""Samples of a curve, reduced to what a picture of some width can show."""

import math


class Curve:
    """columns[i] is the (lowest, highest) value of pixel column i, or None where there is none;
    ends[i] the first and the last value there."""

    def __init__(self, name, points, width):
        self.name = name
        self.points = points
        self.columns = [None] * width
        self.ends = [None] * width
        self._next = 0

    def add(self, first, values):
        """Takes the samples `first`, `first + 1`, ...; they come in order. ValueError if not."""
        if first != self._next or first + len(values) > self.points:
            raise ValueError(f"curve '{self.name}' was promised {self.points} samples; the samples "
                             f"{first} to {first + len(values)} came after {self._next}")
        self._next = first + len(values)
        values = list(values)
        width = len(self.columns)
        begin = 0
        while begin < len(values):
            column = (first + begin) * width // self.points
            end = min(-(-(column + 1) * self.points // width) - first, len(values))
            self._add_to(column, values[begin:end])
            begin = end

    def _add_to(self, column, values):
        if not math.isfinite(sum(values)):
            values = [value for value in values if math.isfinite(value)]
            if not values:
                return
        low, high = min(values), max(values)
        seen, ends = self.columns[column], self.ends[column]
        self.columns[column] = (low, high) if seen is None else (min(low, seen[0]), max(high, seen[1]))
        self.ends[column] = (values[0] if ends is None else ends[0], values[-1])
