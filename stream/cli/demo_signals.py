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


@contextmanager
def deaf_threads() -> Iterator[None]:
    """Block all signals for threads that start inside: they inherit the mask.

    The embedded broker's thread takes an interrupted poll for the end of its work. A signal goes to it whenever Python
    blocks signals in the main thread, as it does while it starts a process.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
