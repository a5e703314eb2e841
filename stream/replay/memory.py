"""The garbage collector, kept quiet while millions of lasting events are made."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_collector() -> Iterator[None]:
    """Let the collector look rarely: what is read lives to the end, and walking it again and again halves the speed."""
    thresholds = gc.get_threshold()
    gc.set_threshold(200_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


@contextmanager
def lasting() -> Iterator[None]:
    """Spare the collector all that is there already."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
