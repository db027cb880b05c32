"""What generated code says about a service: its methods and their types."""

from __future__ import annotations

import enum
from typing import Any, Optional, Sequence, Tuple

#: Kinds of call, in polycall.h's numbers.
UNARY = 0
CLIENT_STREAMING = 1
SERVER_STREAMING = 2
BIDI_STREAMING = 3


class MethodFlags(enum.IntFlag):
    """What the author of the .proto promised about a method."""

    IDEMPOTENT = 1
    INLINE = 2
    BLOCKING = 4


class MethodDescriptor:
    """One method. `handler` is the name of the Python function that serves it."""

    __slots__ = ("name", "kind", "request_type", "response_type", "handler", "flags", "timeout")

    def __init__(
        self,
        name: str,
        kind: int,
        request_type: type = bytes,
        response_type: type = bytes,
        *,
        handler: Optional[str] = None,
        flags: int = 0,
        timeout: Optional[float] = None,
    ):
        self.name = name
        self.kind = kind
        self.request_type = request_type
        self.response_type = response_type
        self.handler = handler if handler is not None else name
        self.flags = int(flags)
        self.timeout = timeout

    @property
    def timeout_ns(self) -> int:
        """`timeout` in nanoseconds; 0 is none."""
        return 0 if self.timeout is None else int(self.timeout * 1e9)


class ServiceDescriptor:
    """One service. `file` is the protobuf descriptor of the .proto that declares it, or None."""

    __slots__ = ("name", "methods", "file", "fingerprint")

    def __init__(
        self,
        name: str,
        methods: Sequence[MethodDescriptor],
        *,
        file: Any = None,
        fingerprint: int = 0,
    ):
        self.name = name
        self.methods: Tuple[MethodDescriptor, ...] = tuple(methods)
        self.file = file
        self.fingerprint = fingerprint

    def method(self, name: str) -> MethodDescriptor:
        """The method of that name in the .proto. KeyError when there is none."""
        for method in self.methods:
            if method.name == name:
                return method
        raise KeyError(f"service {self.name} has no method {name}")

    def file_descriptor_set(self) -> bytes:
        """A serialized FileDescriptorSet of the service's file and all it imports."""
        if self.file is None:
            return b""
        from google.protobuf import descriptor_pb2

        files = descriptor_pb2.FileDescriptorSet()
        seen = set()

        def add(file: Any) -> None:
            if file.name in seen:
                return
            seen.add(file.name)
            for dependency in file.dependencies:
                add(dependency)
            file.CopyToProto(files.file.add())

        add(self.file)
        return files.SerializeToString()
