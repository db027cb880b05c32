"""The languages under test. To add one: a folder beside `runner/` with a testee, and one line
here."""

import dataclasses
import os
import pathlib

SOURCE = pathlib.Path(__file__).resolve().parent.parent


@dataclasses.dataclass(frozen=True)
class Language:
    """How to start the testee of one language.

    `testee` is its command. `host` is how another language's testee serves this one's handlers in
    its own process: language and module text for the ABI's host loader. `library` is a shared
    library with the functions of `testee.h`, which another testee can load (None: it has none).
    In all of them, and in the values of `environment`, {build} and {source} stand for the build's
    and this folder.
    """

    name: str
    testee: tuple[str, ...]
    library: str | None = None
    host: tuple[str, str] | None = None
    environment: tuple[tuple[str, str], ...] = ()
    # Files beside those that have to be built before.
    needs: tuple[str, ...] = ()
    # A gRPC of somebody else's: over the transport grpc alone, and against our languages alone.
    peer: bool = False
    # SIGABRT makes the testee print the stacks of its own language before it ends.
    abort_prints_stacks: bool = False

    def command(self, build: pathlib.Path) -> list[str]:
        return [_expand(word, build) for word in self.testee]

    def library_path(self, build: pathlib.Path) -> str | None:
        return None if self.library is None else _expand(self.library, build)

    def host_text(self, build: pathlib.Path) -> str | None:
        """What a testee gets as --with-server to host this language."""
        return None if self.host is None else "host:" + _expand(":".join(self.host), build)

    def environ(self, build: pathlib.Path) -> dict[str, str]:
        own = {name: _expand(value, build) for name, value in self.environment}
        # AddressSanitizer keeps 256 MiB of freed memory, which a case that measures memory would
        # see.
        sanitizer = {"ASAN_OPTIONS": "quarantine_size_mb=4:" + os.environ.get("ASAN_OPTIONS", "")}
        return {**os.environ, **sanitizer, **own}

    def missing(self, build: pathlib.Path) -> list[str]:
        """The files of the testee that do not exist yet."""
        words = [*self.command(build), self.library_path(build),
                 *(_expand(path, build) for path in self.needs)]
        return [word for word in words if word and "/" in word and not pathlib.Path(word).exists()]


def _expand(text: str, build: pathlib.Path) -> str:
    return text.replace("{build}", str(build)).replace("{source}", str(SOURCE))


LANGUAGES = (
    Language(
        "cpp",
        ("{build}/tests/interop/interop_cpp",),
        library="{build}/tests/interop/interop_cpp.so",
        host=("c", "{build}/tests/interop/interop_cpp.so"),
    ),
    Language(
        "c",
        ("{build}/tests/interop/interop_c",),
        library="{build}/tests/interop/interop_c.so",
        host=("c", "{build}/tests/interop/interop_c.so"),
    ),
    Language(
        "python",
        ("/usr/bin/python3", "{source}/python/testee.py"),
        host=("python", "{source}/python/module.py"),
        environment=(
            ("PYTHONPATH", "{build}/python:{build}/tests/interop/interop_python_proto"),
            ("PYTHONDONTWRITEBYTECODE", "1"),
        ),
        needs=("{build}/tests/interop/interop_python_proto/test_polycall.py",),
        abort_prints_stacks=True,
    ),
    Language(
        "java",
        ("{build}/tests/interop/interop_java",),
        host=("java", "{build}/tests/interop/interop_java.jar:"
              "{build}/tests/interop/java/interop_java_proto/interop_java_proto.jar!interop.Module"),
        # The library inside the jar does not know the build's folder.
        environment=(("POLYCALL_HOST_PATH", "{build}/runtime/polycall"),),
        needs=("{build}/tests/interop/interop_java.jar",),
    ),
    Language(
        "lisp",
        ("{build}/tests/interop/interop_lisp",),
        host=("lisp", "{build}/tests/interop/interop_lisp_proto/module.lisp"),
    ),
    Language(
        "haskell",
        ("{build}/tests/interop/interop_haskell",),
        host=("haskell", "{build}/tests/interop/interop_haskell.so"),
        needs=("{build}/tests/interop/interop_haskell.so",),
    ),
    Language("grpc_cpp", ("{build}/tests/interop/interop_grpc_cpp",), peer=True),
    Language(
        "grpcio",
        ("/usr/bin/python3", "{source}/grpcio/testee.py"),
        environment=(
            ("PYTHONPATH", "{build}/tests/interop/interop_grpcio_proto"),
            ("PYTHONDONTWRITEBYTECODE", "1"),
            # protobuf's own default is slower than the cases' bounds allow for.
            ("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", "cpp"),
        ),
        needs=("{build}/tests/interop/interop_grpcio_proto/test_pb2.py",),
        peer=True,
        abort_prints_stacks=True,
    ),
)
