"""The profiles of one task: decoded while they are in use, encoded bytes otherwise."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from itertools import islice
from typing import Final

from stream.model.profile import Profile, decode_profile, encode_profile

HOT_MAX: Final = 50_000
"""So many profiles of a task are kept decoded unless told, at some kilobytes each."""


class ProfileMap(MutableMapping[str, Profile]):
    """Profiles by user id; one that is asked for is decoded and stays so until `cool` finds it among the oldest.

    A profile may be changed in place only as long as nothing was awaited since it was asked for.
    """

    def __init__(self, encoded: dict[str, bytes] | None = None, hot_max: int = HOT_MAX) -> None:
        self._cold: Final = {} if encoded is None else encoded
        self._hot: Final[dict[str, Profile]] = {}
        self._hot_max: Final = hot_max

    @property
    def hot(self) -> int:
        """How many are decoded."""
        return len(self._hot)

    @property
    def store_bytes(self) -> int:
        """How much room they take on a disk; here there is none."""
        return 0

    @property
    def timers_stored(self) -> int:
        """How many of them have a timer, of those on a disk."""
        return 0

    def take_reads(self) -> tuple[int, int]:
        """Return how often one was found decoded, and how often looked for on a disk, and begin anew."""
        return 0, 0

    def get(self, user: str, default: None = None) -> Profile | None:  # type: ignore[override]  # no other default
        """Return the profile, or None."""
        del default
        found = self._hot.get(user)
        if found is None and user in self._cold:
            found = self._hot[user] = decode_profile(self._cold.pop(user))
        return found

    def __getitem__(self, user: str) -> Profile:
        found = self.get(user)
        if found is None:
            raise KeyError(user)
        return found

    def __setitem__(self, user: str, profile: Profile) -> None:
        self._cold.pop(user, None)
        self._hot[user] = profile

    def __delitem__(self, user: str) -> None:
        if self._hot.pop(user, None) is None:
            del self._cold[user]

    def __contains__(self, user: object) -> bool:
        return user in self._hot or user in self._cold

    def __iter__(self) -> Iterator[str]:
        yield from self._hot
        yield from self._cold

    def __len__(self) -> int:
        return len(self._hot) + len(self._cold)

    def encoded(self, user: str) -> bytes | None:
        """Return the bytes to keep; None (a tombstone) for a user without a profile."""
        hot = self._hot.get(user)
        return self._cold.get(user) if hot is None else encode_profile(hot)

    def cool(self) -> None:
        """Encode the profiles that were decoded longest ago, down to the limit."""
        for user in list(islice(self._hot, max(0, len(self._hot) - self._hot_max))):
            self._cold[user] = encode_profile(self._hot.pop(user))
