"""Another language's client or server in this process: see ../native/testee.h."""

import ctypes


class Library:
    """One testee's shared library."""

    def __init__(self, path: str) -> None:
        self._library = ctypes.CDLL(path)  # its functions release the GIL while they run
        self._library.interop_serve.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t]
        self._library.interop_stop.restype = None
        self._library.interop_client.argtypes = [ctypes.c_char_p] * 3

    def serve(self, target: str) -> str:
        address = ctypes.create_string_buffer(256)
        if self._library.interop_serve(target.encode(), address, len(address)) != 0:
            raise SystemExit(1)  # it has printed why
        return address.value.decode()

    def stop(self) -> None:
        self._library.interop_stop()

    def client(self, target: str, case: str, token: str) -> int:
        return self._library.interop_client(target.encode(), case.encode(), token.encode())
