"""A server of this process with a module of another language in it."""

import sys
import threading

import polycall


class _ShutdownAsked(polycall.Interceptor):
    """The module cannot shut down a server that it was lent: its handler of Shutdown only
    answers."""

    def __init__(self, request_shutdown) -> None:
        self._request_shutdown = request_shutdown

    def finished(self, call, status):
        if (call.service, call.method) == ("polycall.testing.PolyCallTestService", "Shutdown"):
            if status.code == polycall.StatusCode.OK:
                self._request_shutdown(15.0)  # what the case of the graceful shutdown asks for


class Hosted:
    """`host` is "LANG:MODULE"."""

    def __init__(self, host: str) -> None:
        self._language, _, self._module = host.partition(":")
        self._server = polycall.Server(interceptors=[_ShutdownAsked(self._request_shutdown)])
        self._wanted = threading.Event()
        self._grace = 0.0
        self._keeper = threading.Thread(target=self._keep, daemon=True)

    def serve(self, target: str) -> str:
        """Starts the server; returns the target that callers use."""
        try:
            self._server.load(self._language, self._module)
            address = self._server.listen(target)
            self._server.start()
        except polycall.StatusError as error:
            sys.exit(f"cannot host {self._language}:{self._module} on {target}: {error}")
        self._keeper.start()
        return address

    def stop(self) -> None:
        self._request_shutdown(2.0)
        self._keeper.join()

    def _request_shutdown(self, grace: float) -> None:
        if not self._wanted.is_set():
            self._grace = grace
            self._wanted.set()

    def _keep(self) -> None:
        self._wanted.wait()
        self._server.shutdown(self._grace)
