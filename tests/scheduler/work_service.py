"""work.proto in Python, for a fork server: `register` adds the service to a server."""

import os
import sys
import time

if "BREAK_IMPORT" in os.environ:
    raise RuntimeError("this module is broken")

from work_pb2 import Identity, Nothing, Number
from work_polycall import WorkService

IMPORTED_BY = os.getpid()


class Work(WorkService):
    eaten = []

    def square(self, request, context):
        return Number(value=request.value * request.value)

    def square_once(self, request, context):
        return Number(value=request.value * request.value)

    def sleep(self, request, context):
        time.sleep(request.value / 1000)
        return request

    def who(self, request, context):
        version = f"{os.environ.get('VERSION', '')} imported by {IMPORTED_BY}"
        return Identity(instance=os.environ["POLYCALL_INSTANCE"], version=version, pid=os.getpid())

    def eat(self, request, context):
        self.eaten.append(b"x" * request.value)
        return request

    def exit(self, request, context):
        os._exit(request.value)

    def fork(self, request, context):
        return Number()

    def print(self, request, context):
        print(request.text)
        sys.stdout.flush()
        return Nothing()

    def fail(self, request, context):
        return Nothing()


def register(server):
    server.add(Work())
