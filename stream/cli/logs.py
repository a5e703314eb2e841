"""A worker's log on stderr."""

import logging
import sys
import time
from collections.abc import Callable
from typing import Final

_QUIET: Final = {
    # What goes wrong in Faust and in group rebalances is the worker's own failure, told in one line.
    "faust": logging.CRITICAL,
    "mode": logging.CRITICAL,
    "aiokafka": logging.ERROR,
    "aiokafka.consumer.group_coordinator": logging.CRITICAL,
}

_AGAIN_AFTER_S: Final = 10.0


class Seldom:
    """Lets a line of aiokafka's pass once in ten seconds, and says then how many like it there were.

    While a broker is down it writes dozens a second.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock: Final = clock
        self._seen: dict[tuple[str, int], tuple[float, int]] = {}

    def __call__(self, record: logging.LogRecord) -> bool:
        """Whether to write it, by the place in the code that it comes from."""
        if not record.name.startswith("aiokafka"):
            return True
        place, now_s = (record.pathname, record.lineno), self._clock()
        written_s, dropped = self._seen.get(place, (float("-inf"), 0))
        if now_s - written_s < _AGAIN_AFTER_S:
            self._seen[place] = (written_s, dropped + 1)
            return False
        self._seen[place] = (now_s, 0)
        if dropped:
            record.msg, record.args = f"{record.getMessage()} ({dropped:,} more like it since the last)", None
        return True


def log_to_stderr(level: str) -> None:
    """Log from this severity on; others' libraries only what matters to whoever runs the worker."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    handler.addFilter(Seldom())
    logging.basicConfig(level=level.upper(), handlers=[handler])
    for name, least in _QUIET.items():
        # Never below: at debug aiokafka logs requests, and with them what users did.
        logging.getLogger(name).setLevel(logging.WARNING if level == "debug" else least)
