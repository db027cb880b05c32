import sys

import polycall
from hello_pb2 import Greeting
from hello_polycall import GreeterService


class Greeter(GreeterService):
    def greet(self, person, context):
        if not person.name:
            context.abort(polycall.StatusCode.INVALID_ARGUMENT, "a greeting needs a name")
        return Greeting(text=f"Hello {person.name}, over {context.transport}")

    def greet_all(self, persons, context):
        for person in persons:
            yield Greeting(text=f"Hello {person.name}")


with polycall.Server() as server:
    server.add(Greeter())
    print("listening on", server.listen(sys.argv[1]), flush=True)
    server.start()
    server.wait()
