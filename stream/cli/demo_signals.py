"""Ending the demo on SIGTERM and Ctrl-C, without leaving anything behind."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class Signals:
    """Turns SIGTERM and SIGINT into exceptions in the main thread, but never while they are held.

    A process that is being started would be lost to an exception between its start and its registration.
    """

    def __init__(self) -> None:
        self._held = False
        self._waiting: int | None = None
        signal.signal(signal.SIGTERM, self._hear)
        signal.signal(signal.SIGINT, self._hear)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let signals wait until the context is left."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self._waiting is not None:
            self._end(self._waiting)

    def _hear(self, number: int, _frame: object) -> None:
        if self._held:
            self._waiting = number
        else:
            self._end(number)

    def _end(self, number: int) -> None:
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)
