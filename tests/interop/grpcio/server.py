"""The server, with grpcio's asyncio API: a call that waits takes no thread, of which the cases would need
thousands."""

import asyncio
import os
import threading

import grpc.aio

import settings
from polycall_test_pb2_grpc import add_PolyCallTestServiceServicer_to_server
from polycall_test_service import PolyCallTest
from test_pb2_grpc import add_TestServiceServicer_to_server
from test_service import Test


def run(target: str) -> int:
    """Serves until the standard input ends or a caller asks for the shutdown."""
    return asyncio.run(_serve(target))


async def _serve(target: str) -> int:
    loop = asyncio.get_running_loop()
    grace = loop.create_future()  # of the shutdown, in seconds, once one is wanted

    def request_shutdown(seconds: float) -> None:
        if not grace.done():
            grace.set_result(seconds)

    def stop_at_end_of_input() -> None:
        # The runner closes our input when it wants us to end, and the kernel does so if it dies.
        while os.read(0, 64):
            pass
        try:
            loop.call_soon_threadsafe(request_shutdown, 2.0)
        except RuntimeError:
            pass  # the loop has ended already

    server = grpc.aio.server(options=settings.SERVER_OPTIONS)
    add_TestServiceServicer_to_server(Test(), server)
    add_PolyCallTestServiceServicer_to_server(PolyCallTest(request_shutdown), server)
    host = settings.address(target).rpartition(":")[0]
    port = server.add_insecure_port(settings.address(target))
    await server.start()
    print(f"listening tcp://{host}:{port}", flush=True)
    threading.Thread(target=stop_at_end_of_input, daemon=True).start()
    await server.stop(await grace)
    return 0
