"""A process that answers requests over its pipes: a testee, or the judge."""

import collections
import os
import selectors
import struct
import subprocess
import time

ACCEPTED, REFUSED, UNSUPPORTED, FAILED = 0, 1, 2, 3
RECODE, DECODE, BENCH = 1, 2, 3

# What is under way at once fits a pipe, so that neither end waits for the other to read.
WINDOW = 48 * 1024
# A language's runtime may need a while to start, before the first answer.
START_S = 60.0
# No answer is longer: a testee that goes wrong must not fill the memory.
MOST = 256 * 1024 * 1024

Answer = collections.namedtuple("Answer", "result data")


class Broken(Exception):
    """The process did not answer: it ended, was silent, or wrote nonsense."""


def request(action, name, data=b""):
    """The bytes of a request."""
    name = name.encode()
    return struct.pack("<IBB", 2 + len(name) + len(data), action, len(name)) + name + data


class Process:
    """Started when it is needed, and again after it broke."""

    def __init__(self, command, timeout=10.0):
        self.command = [str(part) for part in command]
        self.timeout = timeout
        self._process = None
        self._buffer = b""
        self._patience = timeout

    def _start(self):
        self._process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            bufsize=0)
        self._buffer = b""
        self._patience = max(self.timeout, START_S)

    @property
    def pid(self):
        """Of the running process."""
        return self._process.pid

    def stop(self):
        """Ends the process; returns how it ended."""
        if self._process is None:
            return None
        process, self._process = self._process, None
        process.stdin.close()
        try:
            code = process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        process.stdout.close()
        return code

    def _break(self, why):
        process = self._process
        silent = process.poll() is None
        if silent:
            try:
                process.wait(0.2)  # it closed its output: it is about to end
            except subprocess.TimeoutExpired:
                process.kill()
        code = process.wait()
        process.stdin.close()
        process.stdout.close()
        self._process = None
        if code < 0 and not (silent and code == -9):
            raise Broken(f"{why}: ended by signal {-code}")
        raise Broken(f"{why}: ended with {code}" if code != -9 else why)

    def _send(self, data):
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._process.stdin.fileno(), view):]
        except OSError:
            self._break("it died")

    def _read(self):
        """One answer."""
        deadline = time.monotonic() + self._patience
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while True:
                if len(self._buffer) >= 4:
                    (size,) = struct.unpack_from("<I", self._buffer)
                    if not 1 <= size <= MOST:
                        self._break(f"it answered {size} bytes")
                    if len(self._buffer) >= 4 + size:
                        body = self._buffer[4:4 + size]
                        self._patience = self.timeout
                        self._buffer = self._buffer[4 + size:]
                        return Answer(body[0], bytes(body[1:]))
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    self._break(f"it was silent for {self._patience:g} s")
                data = os.read(self._process.stdout.fileno(), 1 << 20)
                if not data:
                    self._break("it died")
                self._buffer += data

    def ask(self, requests):
        """An answer, or a Broken, for each of the requests, in order."""
        answers = []
        sent = 0
        under_way = 0
        while len(answers) < len(requests):
            try:
                if self._process is None:
                    self._start()
                while sent < len(requests) and (
                        sent == len(answers) or under_way + len(requests[sent]) <= WINDOW):
                    under_way += len(requests[sent])
                    sent += 1
                    self._send(requests[sent - 1])
                answers.append(self._read())
                under_way -= len(requests[len(answers) - 1])
            except Broken as broken:
                # The first request without an answer did it; the others are asked again.
                answers.append(broken)
                sent = len(answers)
                under_way = 0
        return answers

    def ask_one(self, action, name, data=b""):
        (answer,) = self.ask([request(action, name, data)])
        if isinstance(answer, Broken):
            raise answer
        return answer
