"""grpcio takes the requests of a stream from an iterator; the cases send them one by one."""

import queue


class Requests:
    """The requests of one call. At the end of the block the iterator ends too, since a thread of
    grpcio's waits for it."""

    def __init__(self) -> None:
        self._queue = queue.SimpleQueue()

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.half_close()

    def __iter__(self):
        return iter(self._queue.get, None)

    def send(self, message) -> None:
        self._queue.put(message)

    def half_close(self) -> None:
        self._queue.put(None)


class Upload(Requests):
    """A call with many requests and one answer."""

    def __init__(self, method) -> None:
        super().__init__()
        self._future = method.future(iter(self))

    def cancel(self) -> None:
        self._future.cancel()

    def finish(self):
        """Half-closes; the answer."""
        self.half_close()
        return self._future.result()


class Duplex(Requests):
    """A call with many requests and many answers; iterating takes the rest of them. At the end of
    the block it is cancelled, if it still runs."""

    def __init__(self, method, **options) -> None:
        super().__init__()
        self.call = method(iter(self), **options)

    def __exit__(self, *_) -> None:
        self.cancel()
        super().__exit__()

    def receive(self):
        """The next answer, or None at the end."""
        return next(self.call, None)

    def rest(self) -> list:
        """All answers that are still to come."""
        return list(self.call)

    def cancel(self) -> None:
        self.call.cancel()
