"""Every method of the hazard protos is called, blocking and from asyncio, by its generated name."""

import asyncio
import itertools
import os
import tempfile
import unittest

import polycall
from hazards_support import fill, modules

PATIENCE = 20.0

_numbers = itertools.count()


def services():
    """(module, descriptor) of every generated service."""
    for module in modules("_polycall").values():
        for value in list(vars(module).values()):
            if isinstance(value, polycall.ServiceDescriptor):
                yield module, value


def generated(module, descriptor, suffix):
    """The generated class of a service, whatever its name became."""
    short = descriptor.name.rpartition(".")[2]
    for name in (short + suffix, short + suffix + "_"):
        found = vars(module).get(name)
        if found is not None:
            return found
    raise AssertionError(f"{module.__name__} has no class {short}{suffix}")


def answer(method, requests):
    """What the handlers answer: the request if its type is the response's, else a filled one."""
    if method.request_type is method.response_type and requests:
        return requests[-1]
    return fill(method.response_type())


def blocking_handler(method):
    if method.kind == polycall.UNARY:
        return lambda self, request, context: answer(method, [request])
    if method.kind == polycall.CLIENT_STREAMING:
        return lambda self, requests, context: answer(method, list(requests))
    if method.kind == polycall.SERVER_STREAMING:
        return lambda self, request, context: [answer(method, [request])] * 2
    return lambda self, requests, context: (answer(method, [r]) for r in requests)


def async_handler(method):
    async def unary(self, request, context):
        return answer(method, [request])

    async def client_streaming(self, requests, context):
        return answer(method, [request async for request in requests])

    async def server_streaming(self, request, context):
        yield answer(method, [request])
        yield answer(method, [request])

    async def bidi_streaming(self, requests, context):
        async for request in requests:
            yield answer(method, [request])

    return {
        polycall.UNARY: unary,
        polycall.CLIENT_STREAMING: client_streaming,
        polycall.SERVER_STREAMING: server_streaming,
        polycall.BIDI_STREAMING: bidi_streaming,
    }[method.kind]


def implementation(module, descriptor, suffix, handler):
    functions = {method.handler: handler(method) for method in descriptor.methods}
    return type("Implementation", (generated(module, descriptor, suffix),), functions)()


class Calls(unittest.TestCase):
    def serve(self, suffix, handler):
        server = self.enterContext(polycall.Server())
        found = list(services())
        self.assertGreaterEqual(len(found), 10)
        for module, descriptor in found:
            server.add(implementation(module, descriptor, suffix, handler))
        folder = tempfile.gettempdir()
        target = f"unix:{folder}/polycall-hazards-{os.getpid()}-{next(_numbers)}.sock"
        server.listen(target)
        server.start()
        return found, target

    def test_blocking_clients_call_blocking_handlers(self):
        found, target = self.serve("Service", blocking_handler)
        with polycall.Channel(target) as channel:
            for module, descriptor in found:
                client = generated(module, descriptor, "Client")(channel)
                for method in descriptor.methods:
                    with self.subTest(service=descriptor.name, method=method.name):
                        self.call(client, method)

    def call(self, client, method):
        function = getattr(client, method.handler)
        request = fill(method.request_type())
        expected = answer(method, [request])
        if method.kind == polycall.UNARY:
            self.assertEqual(function(request, timeout=PATIENCE), expected)
        elif method.kind == polycall.CLIENT_STREAMING:
            self.assertEqual(function([request, request], timeout=PATIENCE), expected)
        elif method.kind == polycall.SERVER_STREAMING:
            self.assertEqual(list(function(request, timeout=PATIENCE)), [expected] * 2)
        else:
            self.assertEqual(list(function([request] * 3, timeout=PATIENCE)), [expected] * 3)

    def test_asyncio_clients_call_asyncio_handlers(self):
        found, target = self.serve("AsyncService", async_handler)

        async def calls():
            async with polycall.Channel(target) as channel:
                for module, descriptor in found:
                    client = generated(module, descriptor, "AsyncClient")(channel)
                    for method in descriptor.methods:
                        with self.subTest(service=descriptor.name, method=method.name):
                            await self.call_async(client, method)

        asyncio.run(calls())

    async def call_async(self, client, method):
        function = getattr(client, method.handler)
        request = fill(method.request_type())
        expected = answer(method, [request])
        if method.kind == polycall.UNARY:
            self.assertEqual(await function(request, timeout=PATIENCE), expected)
        elif method.kind == polycall.CLIENT_STREAMING:
            self.assertEqual(await function([request, request], timeout=PATIENCE), expected)
        elif method.kind == polycall.SERVER_STREAMING:
            values = [reply async for reply in function(request, timeout=PATIENCE)]
            self.assertEqual(values, [expected] * 2)
        else:
            values = [reply async for reply in function([request] * 3, timeout=PATIENCE)]
            self.assertEqual(values, [expected] * 3)


if __name__ == "__main__":
    unittest.main()
