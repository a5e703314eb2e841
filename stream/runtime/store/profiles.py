"""The profiles of a task with a store: a hot set decoded in memory, and all that is clean and cold on the disk."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from stream.model.profile import Profile, decode_profile, encode_profile
from stream.runtime.profiles import HOT_MAX, ProfileMap
from stream.runtime.store.contents import Change, Contents
from stream.runtime.store.timers import StoredTimers


class StoredProfiles(ProfileMap):
    """Profiles by user id. What was changed is in memory until the transaction that has it is committed.

    `encoded` is asked for every changed profile at a cut, then `cool` is called, and `store` with the records of that
    cut once it is committed. A profile in none of these is in the store, or there is none.
    """

    def __init__(self, contents: Contents, hot_max: int = HOT_MAX) -> None:
        super().__init__(hot_max=hot_max)
        self.timers: Final = StoredTimers(contents)
        self._contents: Final = contents
        self._cut: Final[dict[str, bytes | None]] = {}
        self._erased: Final[set[str]] = set()
        self._created = self._hits = self._misses = 0

    def get(self, user: str, default: None = None) -> Profile | None:  # type: ignore[override]  # no other default
        """Return the profile, or None; one that is cold is read from the disk."""
        del default
        found = self._hot.get(user)
        if found is not None:
            self._hits += 1
            return found
        if user in self._erased:
            return None
        self._misses += 1
        encoded = self._cut[user] if user in self._cut else self._contents.get(user.encode())
        if encoded is None:
            return None
        found = self._hot[user] = decode_profile(encoded)
        return found

    def __setitem__(self, user: str, profile: Profile) -> None:
        if user not in self:
            self._created += 1
        self._erased.discard(user)
        self._hot[user] = profile

    def __delitem__(self, user: str) -> None:
        if user not in self:
            raise KeyError(user)
        self._hot.pop(user, None)
        self._erased.add(user)
        self._created -= 1

    def __contains__(self, user: object) -> bool:
        """Whether there is a profile; it is made hot, as whoever asks will want it soon."""
        return isinstance(user, str) and self.get(user) is not None

    def __iter__(self) -> Iterator[str]:
        """Go through all users, reading the disk from end to end."""
        cut = {user for user, encoded in self._cut.items() if encoded is not None}
        here = (cut - self._erased) | self._hot.keys()
        yield from here
        elsewhere = here | self._erased | self._cut.keys()
        yield from (user for user in self._contents.users() if user not in elsewhere)

    def __len__(self) -> int:
        return self._contents.profiles + self._created

    @property
    def store_bytes(self) -> int:
        """How much room the store takes on the disk."""
        return self._contents.size_bytes()

    @property
    def timers_stored(self) -> int:
        """How many profiles have a timer, as of the last checkpoint."""
        return self._contents.timers

    def take_reads(self) -> tuple[int, int]:
        """Return the reads from memory, and those from the disk, of which some found nobody."""
        taken = self._hits, self._misses
        self._hits = self._misses = 0
        return taken

    def encoded(self, user: str) -> bytes | None:
        """Return the bytes that the checkpoint keeps, None for a user who was erased, and remember them until then."""
        hot = self._hot.pop(user, None)
        if hot is None:
            encoded = self._cut[user] = None if user in self._erased else self._kept(user)
            self._erased.discard(user)
        else:
            # Last in the dictionary again: those that have not changed for longest are the first to be cooled.
            self._hot[user] = hot
            encoded = self._cut[user] = encode_profile(hot)
        return encoded

    def cool(self) -> None:
        """Drop the profiles that have not changed for longest: each is in the store, or in the cut just made."""
        for user in list(islice(self._hot, max(0, len(self._hot) - self._hot_max))):
            del self._hot[user]
        self.timers.cut()

    def store(self, records: list[Change], next_offset: int | None, at_ms: int) -> None:
        """Take the records of a committed transaction into the store; nothing was cut since them."""
        before = self._contents.profiles
        self._contents.complete(records, next_offset, at_ms)
        self._created -= self._contents.profiles - before
        self._cut.clear()
        self.timers.stored()

    def _kept(self, user: str) -> bytes | None:
        """Return what a user was kept with who has changed, and was cooled before the cut."""
        return self._cut[user] if user in self._cut else self._contents.get(user.encode())

    def close(self) -> None:
        """Let go of the store."""
        self._contents.close()
