"""Tries what only the server's owner may do."""


def register(server):
    for name, arguments in (
        ("listen", ("inproc:meddling",)),
        ("start", ()),
        ("shutdown", ()),
        ("close", ()),
    ):
        try:
            getattr(server, name)(*arguments)
        except Exception as error:
            assert "belongs to the program" in str(error), error
        else:
            raise AssertionError(name + " was allowed")
