"""What the runner says about this run by its environment: INTEROP_TRANSPORT, the transport under test,
and INTEROP_TLS, a folder of certificates (ca, server, client: .pem, .key)."""

import os

import polycall

TRANSPORT = os.environ.get("INTEROP_TRANSPORT")


def certificates(role: str) -> polycall.TlsOptions | None:
    folder = os.environ.get("INTEROP_TLS")
    if folder is None:
        return None
    return polycall.TlsOptions(
        ca_file=f"{folder}/ca.pem",
        certificate_file=f"{folder}/{role}.pem",
        key_file=f"{folder}/{role}.key",
        require_client_certificate=role == "server",
    )


def open_channel(target: str) -> polycall.Channel:
    """A channel that may use the transport under test and no other."""
    # Shared memory is reached over a unix socket.
    names = {None: None, "shm": ["shm", "unix"]}.get(TRANSPORT, [TRANSPORT])
    return polycall.Channel(target, transports=names, tls=certificates("client"))


def new_server() -> polycall.Server:
    return polycall.Server(tls=certificates("server"))
