"""The services as a module of the Python host's: another language's testee serves them in its
process. The server is its owner's to shut down."""

from polycall_test_service import PolyCallTest
from test_service import Test


def register(server):
    server.add(Test())
    server.add(PolyCallTest(lambda grace: None))
