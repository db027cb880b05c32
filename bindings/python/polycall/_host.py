"""What libpolycall_host_python.so calls: loading modules of Python for a server of somebody else's."""

from __future__ import annotations

import atexit
import importlib
import importlib.util
import inspect
import os
import sys
import traceback
from types import ModuleType
from typing import Any, NoReturn, Optional, Tuple

from polycall import _polycall
from polycall._server import Server
from polycall._status import FailedPreconditionError, StatusCode, StatusError

#: Code, message and details of what went wrong.
Failure = Tuple[int, str, bytes]


class HostedServer(Server):
    """The server of the program that loaded a module: services can be added to it, the rest is that
    program's affair."""

    def __init__(self, address: int):
        _polycall.Server.__init__(self, address)
        self.shutdown_grace = 0.0
        self._loop_thread = None
        self._shut_down = True

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise FailedPreconditionError(
            "the server belongs to the program that loaded this module: only services can be added"
        )

    listen = start = wait = wait_async = run_worker = shutdown = close = _refuse  # type: ignore

    def __enter__(self) -> Server:
        self._refuse()

    def _returned(self) -> None:
        """The program's server has ended."""
        if self._loop_thread is not None:
            self._loop_thread.stop()
            self._loop_thread = None


def load(module_text: str, address: int) -> Optional[Failure]:
    """Imports the module and lets it register its services. None, or why it failed."""
    server = HostedServer(address)
    try:
        module = _import(module_text)
        register = getattr(module, "register", None)
        if not callable(register) or inspect.iscoroutinefunction(register):
            what = "is no plain function" if register is not None else "is missing"
            raise StatusError(
                StatusCode.INVALID_ARGUMENT,
                f"{module_text} ({getattr(module, '__file__', None)}) does not fit the Python host: "
                f"its function register(server) {what}",
            )
        register(server)
    except StatusError as error:
        return int(error.code), _located(error, error.message), error.details
    except SyntaxError as error:
        place = f"{error.filename}:{error.lineno}"
        return int(StatusCode.INVALID_ARGUMENT), f"{place}: {error.msg}", b""
    except BaseException as error:  # a module may even exit; the process is not its own
        text = "".join(traceback.format_exception_only(type(error), error)).strip()
        return int(StatusCode.UNKNOWN), _located(error, text), b""
    finally:
        server._loaded()
    return None


def _import(module_text: str) -> ModuleType:
    if module_text.endswith(".py") or "/" in module_text:
        return _import_file(module_text)
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        return importlib.import_module(module_text)
    except ModuleNotFoundError as error:
        if error.name is None or not (module_text + ".").startswith(error.name + "."):
            raise  # something that the module needs
        raise StatusError(
            StatusCode.NOT_FOUND,
            f"there is no Python module {module_text}; searched: {', '.join(filter(None, sys.path))} "
            "(PYTHONPATH adds folders; a path that ends in .py names a file)",
        ) from None


def _import_file(path: str) -> ModuleType:
    real = os.path.realpath(path)
    if not os.path.isfile(real):
        raise StatusError(StatusCode.NOT_FOUND, f"there is no file {path}")
    # A name that no import statement can say, the same for the same file.
    name = "polycall module " + real
    if name in sys.modules:
        return sys.modules[name]
    folder = os.path.dirname(real)
    if folder not in sys.path:  # as for a script: what lies beside it can be imported
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(name, real)
    if spec is None or spec.loader is None:
        raise StatusError(StatusCode.INVALID_ARGUMENT, f"{path} is no Python source: name it x.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _located(error: BaseException, text: str) -> str:
    """The text with file and line of the innermost place outside of this package and of Python's
    importing."""
    package = os.path.dirname(__file__)
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith((package, "<frozen")) and os.sep in frame.filename
    ]
    frames = [frame for frame in frames if "/importlib/" not in frame.filename]
    return f"{frames[-1].filename}:{frames[-1].lineno}: {text}" if frames else text


def at_exit() -> None:
    """The process ends: what Python would do, short of ending the interpreter, which other threads
    may be in."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
