"""A server and a client in Python:  greet.py TARGET TRANSPORT VENV [CERTIFICATE KEY]

The channel may use TRANSPORT alone. VENV is the folder that the polycall package must come from.
"""

import sys

import polycall
from greet_pb2 import GreetReply, GreetRequest
from greet_polycall import GreeterClient, GreeterService


class Greeter(GreeterService):
    def greet(self, request, context):
        if not request.name:
            raise polycall.StatusError(polycall.StatusCode.INVALID_ARGUMENT, "nobody to greet")
        return GreetReply(text=f"Hello {request.name}, over {context.transport}")

    def spell(self, request, context):
        for letter in request.name:
            yield GreetReply(text=letter)


def main():
    target, transport, venv, *files = sys.argv[1:]
    if not polycall.__file__.startswith(venv):
        sys.exit(f"polycall comes from {polycall.__file__}, not from {venv}")
    tls = None
    if files:  # a certificate that vouches for itself
        tls = polycall.TlsOptions(ca_file=files[0], certificate_file=files[0], key_file=files[1])
    with polycall.Server(tls=tls) as server:
        server.add(Greeter())
        address = server.listen(target)
        server.start()
        if transport == "grpc":  # a server's one port takes it too
            address = "grpc:" + address.partition(":")[2]
        with polycall.Channel(address, transports=[transport], tls=tls) as channel:
            greeter = GreeterClient(channel)
            try:
                greeter.greet(GreetRequest())
                sys.exit("an empty name was greeted")
            except polycall.StatusError as error:
                print("refused:", error.message)
            print(greeter.greet(GreetRequest(name="Ada"), timeout=10).text)
            letters = [letter.text for letter in greeter.spell(GreetRequest(name="Ada"), timeout=10)]
            print(".".join(letters) + ".")
            if letters != ["A", "d", "a"]:
                sys.exit("misspelt")


if __name__ == "__main__":
    main()
