"""Metadata: the key to value list of a call."""

from __future__ import annotations

from typing import Iterable, List, Mapping, Optional, Tuple, Union

Value = Union[str, bytes]

#: What calls and contexts take as metadata.
MetadataLike = Union[Mapping[str, Value], Iterable[Tuple[str, Value]]]


class Metadata(List[Tuple[str, Value]]):
    """(key, value) pairs in their order; keys may repeat.

    The value of a key that ends in "-bin" is bytes, of every other a str of printable ASCII. Keys
    are lower-case; those that begin with "grpc-" or "polycall-" are the runtime's own.
    """

    __slots__ = ()

    def add(self, key: str, value: Value) -> None:
        """Appends an entry."""
        self.append((key, value))

    def get(self, key: str, default: Optional[Value] = None) -> Optional[Value]:
        """The last value of `key`, or `default`."""
        for name, value in reversed(self):
            if name == key:
                return value
        return default

    def get_all(self, key: str) -> List[Value]:
        """Every value of `key`, in order."""
        return [value for name, value in self if name == key]
