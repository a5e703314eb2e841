"""Shapes shared by all that reads a profile: a value, and until when it holds if nothing comes in."""

from collections.abc import Callable

from stream.model.events import Scalar
from stream.model.profile import Profile

Reading = tuple[Scalar | None, int]
"""A value (None: unknown) and the time at which time alone may change it (`NEVER`: nothing but an event will)."""

Reader = Callable[[Profile, int], Reading]
"""(profile, now_ms) -> reading."""
