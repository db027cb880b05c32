"""Whoever asks help() about the package gets an answer."""

import inspect
import unittest

import polycall


def undocumented():
    for name in polycall.__all__:
        thing = getattr(polycall, name)
        if inspect.isfunction(thing) and not thing.__doc__:
            yield name
        if not inspect.isclass(thing):
            continue
        if not thing.__doc__:
            yield name
        for member, value in vars(thing).items():
            if isinstance(value, (classmethod, staticmethod)):
                value = value.__func__
            described = callable(value) or isinstance(value, property) or inspect.isgetsetdescriptor(value)
            if not member.startswith("_") and described and not value.__doc__:
                yield f"{name}.{member}"


class Docstrings(unittest.TestCase):
    def test_everything_public_has_one(self):
        self.assertEqual(list(undocumented()), [])


if __name__ == "__main__":
    unittest.main()
