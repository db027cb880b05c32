"""Certificates and keys, and who the other end is."""

from __future__ import annotations

import dataclasses
import os
from typing import NamedTuple, Optional, Tuple, Union

_REQUIRE_CLIENT_CERTIFICATE = 1
_ALLOW_1_2 = 2

#: What the native half takes: four texts and flags.
NativeTls = Tuple[Optional[str], Optional[str], Optional[str], Optional[str], int]
PathLike = Union[str, "os.PathLike[str]"]


@dataclasses.dataclass(frozen=True)
class TlsOptions:
    """The certificates and keys of a channel or server. Files are PEM, and are read again when they
    have changed: new connections take what is new.

    `ca_file` says whom to trust; without it a channel trusts the system's authorities, and a server
    takes no client certificates. `certificate_file` (leaf first) and `key_file` are one's own: a
    server needs both, a channel for mutual TLS. `server_name` is the name that a channel wants to
    find in the server's certificate, in place of the target's host. `require_client_certificate`
    makes a server refuse callers without one. `allow_1_2` allows TLS 1.2 besides 1.3, for old peers.
    """

    ca_file: Optional[PathLike] = None
    certificate_file: Optional[PathLike] = None
    key_file: Optional[PathLike] = None
    server_name: Optional[str] = None
    require_client_certificate: bool = False
    allow_1_2: bool = False


class Identity(NamedTuple):
    """Who a caller is, as far as somebody vouches for it.

    `subject` is its certificate's, "CN=calc,O=example", or None when there is none. `names` are the
    certificate's alternative names, each with its kind: "DNS:calc.example",
    "URI:spiffe://example/calc", "IP:10.0.0.7", "EMAIL:ada@example"; within a host "UID:1000", vouched
    for by the kernel.
    """

    subject: Optional[str]
    names: Tuple[str, ...]


def make_identity(subject: Optional[str], names: Tuple[str, ...]) -> Identity:
    """For the native half."""
    return Identity(subject, names)


def native_tls(tls: Optional[TlsOptions]) -> Optional[NativeTls]:
    """As the native half takes it. TypeError for what is no TlsOptions."""
    if tls is None:
        return None
    if not isinstance(tls, TlsOptions):
        raise TypeError(f"`tls` is a polycall.TlsOptions, not {type(tls).__name__}")
    flags = (_REQUIRE_CLIENT_CERTIFICATE if tls.require_client_certificate else 0) | (
        _ALLOW_1_2 if tls.allow_1_2 else 0
    )
    return (
        _path(tls.ca_file),
        _path(tls.certificate_file),
        _path(tls.key_file),
        tls.server_name,
        flags,
    )


def _path(path: Optional[PathLike]) -> Optional[str]:
    return None if path is None else os.fspath(path)
