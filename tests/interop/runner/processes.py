"""Starting testees, waiting for them within a bound, and finding out what a hung one does."""

import os
import shutil
import signal
import subprocess
import time

_TAIL = 4000  # bytes of output kept of each process
_GDB = shutil.which("gdb")


def start(command: list[str], environ: dict[str, str], output, stdin=subprocess.DEVNULL,
          stdout=None) -> subprocess.Popen:
    """Starts a testee in a process group of its own. Both outputs go to `output`, a file, unless
    `stdout` says otherwise."""
    return subprocess.Popen(command, env=environ, stdin=stdin, stdout=stdout or output,
                            stderr=output, start_new_session=True)


def wait(process: subprocess.Popen, timeout: float) -> int | None:
    """The exit code, or None when the time is over."""
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        return None


def end(process: subprocess.Popen) -> None:
    """Kills the process's group, whatever it does, and collects it."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()


def native_stacks(process: subprocess.Popen) -> str:
    """The native stacks of all threads, if gdb is there; bounded in time."""
    if _GDB is None or process.poll() is not None:
        return ""
    command = [_GDB, "-p", str(process.pid), "-batch", "-nx", "-ex", "set pagination off",
               "-ex", "thread apply all bt 25"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False,
                              stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return "gdb gave no stacks within 30 s\n"
    lines = done.stdout.splitlines()
    return "\n".join(line for line in lines if line.startswith(("Thread", "#"))) + "\n"


def abort(process: subprocess.Popen) -> None:
    """Lets a testee that can do so print its own language's stacks to its output, and end."""
    if process.poll() is None:
        process.send_signal(signal.SIGABRT)
        wait(process, 3)


def explain_exit(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


def tail(path: str) -> str:
    """The end of a file of output."""
    try:
        with open(path, "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL))
            return file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


# Before the parts of a failure's output that are not the client's own.
SECTION = "\n--- "


def section(title: str, text: str) -> str:
    return f"{SECTION}{title}\n{text}" if text.strip() else ""


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def seconds(self) -> float:
        return time.monotonic() - self._start
