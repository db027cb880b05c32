"""A module of Python as a file; `names` beside it is found like for a script."""

import sys

import names
import polycall
from plain_pb2 import Length, Number
from plain_polycall import PlainService


class Plain(PlainService):
    def subtract(self, request, context):
        return Number(value=request.left - request.right)

    def get_url_length(self, request, context):
        return Length(bytes=len(names.spell(request.text)))

    def half(self, request, context):
        raise ValueError("half of nothing")

    def turn(self, request, context):
        return Number()  # not what the .proto says

    def narrow(self, request, context):
        return self.narrow(request, context)  # without end

    def forget(self, request, context):
        raise polycall.NotFoundError("nothing to forget")

    async def recall(self, request, context):
        return Number(value=42)

    def renamed(self, request, context):
        sys.exit(3)


def register(server):
    server.add(Plain())
