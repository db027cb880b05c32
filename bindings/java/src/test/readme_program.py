"""The first program of README.md, just as it stands there: for the tests that build and run it."""

import pathlib
import re
import subprocess
import sys
import time

README = pathlib.Path(__file__).resolve().parent.parent.parent / "README.md"
PROTO, *SOURCES = ("calc.proto", "CalcServer.java", "CalcClientMain.java")
_FLAGS = ["-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]


def block(before: str, language: str) -> str:
    """The text of the first block of code in `language` behind the text `before`."""
    text = README.read_text(encoding="utf-8")
    found = re.search(rf"{re.escape(before)}\n\n```{language}\n(.*?)```", text, re.DOTALL)
    if found is None:
        sys.exit(f"{README} shows no {language} behind '{before}'")
    return found.group(1)


def write(name: str, folder: pathlib.Path, socket: pathlib.Path) -> None:
    """One file of the program, whose server listens on `socket`."""
    program = block(f"`{name}`:", "proto" if name == PROTO else "java")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(program.replace("/tmp/calc.sock", str(socket)), encoding="utf-8")


def run(java: str, classpath: str, socket: pathlib.Path) -> int:
    """Starts the server and runs the client against it. The exit code of the test."""
    command = [java, *_FLAGS, "-cp", classpath]
    with subprocess.Popen([*command, "CalcServer"]) as server:
        try:
            return _try_client([*command, "CalcClientMain"], socket, server)
        finally:
            server.terminate()
            if server.wait(20) not in (0, 143):  # 143: ended by the signal, after its hooks
                sys.exit(f"the server ended with {server.returncode}")


def _try_client(command, socket, server):
    for _ in range(400):
        if socket.exists() or server.poll() is not None:
            break
        time.sleep(0.05)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if (done.returncode, done.stdout) != (0, "5\n0\n1\n2\n"):
        print(f"expected a sum and a count, found {done}")
        return 1
    print("the first program works")
    return 0
