"""The C library's memory: one arena for all threads of a worker, in place of one for each.

Reading the changelog, librdkafka's threads free what they have fetched while ours keeps what is made of it. With one
arena it is the same memory that goes round, warm in the processor's caches; with several, ours is new memory each time,
which the system has to give, page by page.
"""

import ctypes
import sys
from typing import Final

_M_ARENA_MAX: Final = -8
"""Of `malloc.h`, glibc."""


def share_one_arena() -> bool:
    """Let all threads share the main arena, from now on; say whether the C library can (glibc)."""
    if sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(_M_ARENA_MAX, 1) == 1
