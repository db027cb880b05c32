"""Certificates for one run: an authority of its own, and leaves for servers and clients."""

import pathlib
import subprocess

_SERVER = "DNS:localhost,IP:127.0.0.1"
_CLIENT = "URI:spiffe://polycall.test/interop-client"


def make(folder: pathlib.Path) -> None:
    """ca.pem, server.pem, server.key, client.pem and client.key, valid for a day."""
    folder.mkdir()
    _openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-days", "1", "-subj", "/CN=interop authority", "-keyout", "ca.key",
             "-out", "ca.pem", "-addext", "basicConstraints=critical,CA:TRUE",
             "-addext", "keyUsage=critical,keyCertSign")
    for name, names in (("server", _SERVER), ("client", _CLIENT)):
        _openssl(folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                 "-nodes", "-subj", f"/CN=interop {name}", "-keyout", f"{name}.key",
                 "-out", f"{name}.csr")
        (folder / "leaf.ext").write_text(f"basicConstraints=CA:FALSE\nsubjectAltName={names}\n",
                                         encoding="ascii")
        _openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                 "-CAcreateserial", "-days", "1", "-extfile", "leaf.ext", "-out", f"{name}.pem")


def _openssl(folder: pathlib.Path, *arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True,
                          timeout=60, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr.strip()}")
