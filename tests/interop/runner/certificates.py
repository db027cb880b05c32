"""Certificates for one run: an authority of its own, and leaves for servers and clients.

As a program: certificates.py FOLDER [CLIENT], in place of what is there."""

import pathlib
import shutil
import subprocess
import sys

_SERVER = "DNS:localhost,IP:127.0.0.1"
_CLIENT = "URI:spiffe://polycall.test/interop-client"


def make(folder: pathlib.Path, client: str = "interop client") -> None:
    """ca.pem, server.pem, server.key, client.pem and client.key, valid for a day. `client` is the
    name in the client's certificate."""
    folder.mkdir()
    _openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-days", "1", "-subj", "/CN=interop authority", "-keyout", "ca.key",
             "-out", "ca.pem", "-addext", "basicConstraints=critical,CA:TRUE",
             "-addext", "keyUsage=critical,keyCertSign")
    for name, subject, names in (("server", "interop server", _SERVER),
                                 ("client", client, _CLIENT)):
        _openssl(folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                 "-nodes", "-subj", f"/CN={subject}", "-keyout", f"{name}.key",
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


if __name__ == "__main__":
    place = pathlib.Path(sys.argv[1])
    shutil.rmtree(place, ignore_errors=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    make(place, *sys.argv[2:])
