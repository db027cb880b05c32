"""Where to call and listen, and how: options of gRPC's, and what the runner says by INTEROP_TRANSPORT and
INTEROP_TLS (a folder of certificates)."""

import os
import pathlib
import re
import sys

import grpc

if os.environ.get("INTEROP_TRANSPORT", "grpc") != "grpc":
    sys.exit(f"grpcio speaks no other transport than grpc, and is to speak "
             f"{os.environ['INTEROP_TRANSPORT']}")

_OPTIONS = (
    # PolyCall's limit. What gRPC sends has none, so that the other side has to refuse it.
    ("grpc.max_receive_message_length", 16 << 20),
    # With it gRPC would let 4 MiB come that nobody reads, more than slow_reader_backpressure allows.
    ("grpc.http2.bdp_probe", 0),
)
_CHANNEL_OPTIONS = (
    *_OPTIONS,
    ("grpc.enable_retries", 0),
    ("grpc.use_local_subchannel_pool", 1),  # each channel has a connection of its own
    ("grpc.enable_http_proxy", 0),
)
SERVER_OPTIONS = (*_OPTIONS, ("grpc.so_reuseport", 0))


def address(target: str) -> str:
    """host:port of a target of PolyCall's."""
    return re.fullmatch(r"(?:(?:grpc|tcp|tls):)?(?://)?(.+)", target).group(1)


def _certificates() -> grpc.ChannelCredentials | None:
    folder = os.environ.get("INTEROP_TLS")
    if folder is None:
        return None
    return grpc.ssl_channel_credentials(*(pathlib.Path(folder, name).read_bytes()
                                          for name in ("ca.pem", "client.key", "client.pem")))


def open_channel(target: str, make=grpc):
    """A new connection for each. `make` is grpc or grpc.aio."""
    credentials = _certificates()
    if credentials is None:
        return make.insecure_channel(address(target), options=_CHANNEL_OPTIONS)
    return make.secure_channel(address(target), credentials, options=_CHANNEL_OPTIONS)
