"""Memory of threads: in a process of its own, since it cannot be taken back."""

import re
import subprocess
import sys

import pytest

ARENAS = """
import ctypes, sys, threading
from stream.runtime.arena import share_one_arena

if sys.argv[1] == "shared":
    print(share_one_arena())
held, at_once = [], threading.Barrier(4)

def hold():
    at_once.wait()
    held.extend(bytes(2_400) for _ in range(1_000))
    at_once.wait()

threads = [threading.Thread(target=hold) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
sys.stdout.flush()
libc.malloc_info(0, out)
libc.fflush(out)
"""


def arenas(how: str) -> tuple[str, int]:
    """Return what the process said of itself, and how many arenas its threads had."""
    said = subprocess.run([sys.executable, "-c", ARENAS, how], capture_output=True, text=True, check=True).stdout
    return said.partition("<")[0].strip(), len(re.findall("<heap ", said))


@pytest.mark.skipif(sys.platform != "linux", reason="arenas are glibc's")
def test_threads_share_one_arena_where_they_would_each_have_their_own() -> None:
    assert arenas("own")[1] > 1
    assert arenas("shared") == ("True", 1)
