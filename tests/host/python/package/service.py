"""A module of a package on PYTHONPATH."""

from plain_pb2 import Number
from plain_polycall import PlainService


class Plain(PlainService):
    def subtract(self, request, context):
        return Number(value=request.right - request.left)


def register(server):
    server.add(Plain())
