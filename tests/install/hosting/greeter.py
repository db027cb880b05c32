"""A module of the Python host's; the package polycall is the one beside the host."""

import polycall
from greet_pb2 import GreetReply
from greet_polycall import GreeterService


class Greeter(GreeterService):
    def greet(self, request, context):
        return GreetReply(text=f"Hello {request.name}, from {polycall.__file__}")


def register(server):
    server.add(Greeter())
