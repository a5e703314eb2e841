"""What the store is measured with, made once for all its processes: profiles, events, and who does these."""

from pathlib import Path
from typing import Final

import msgspec

from stream.decision.decider import Decider
from stream.definitions.shapes import Definitions
from stream.model.events import Event
from stream.model.profile import Profile, encode_profile
from stream.replay.driving import Drive
from tests.bench.growth_rows import zipf_users
from tests.bench.histories import History

FILE: Final = "input.msgpack"

_DRAWN_PER_HOT: Final = 8
_APART: Final = 7_919
"""Users who do much are not neighbours on the disk; a prime, so that nobody is meant twice."""


class Input(msgspec.Struct):
    """Profiles as the history leaves them, encoded, of user 0 each; its events, until `end_ms`.

    `measured` are the users who do something, in order; `warm_up` are those who did so most lately before.
    """

    profiles: list[bytes]
    events: list[Event]
    end_ms: int
    warm_up: list[int]
    measured: list[int]

    @staticmethod
    def read(folder: Path) -> "Input":
        return msgspec.msgpack.decode((folder / FILE).read_bytes(), type=Input)

    def write(self, folder: Path) -> None:
        (folder / FILE).write_bytes(msgspec.msgpack.encode(self))


def make_input(definitions: Definitions, history: History, users: int, hot: int, events: int) -> Input:
    """Return the input for so many users, of whom few do most; `hot` of them are to be warm, and do nothing more."""
    profiles: dict[str, Profile] = {}
    Drive(Decider(definitions, profiles), lambda _: None).run(history.events)
    drawn = [rank * _APART % users for rank in zipf_users(users, hot * _DRAWN_PER_HOT + events)]
    return Input(
        profiles=[encode_profile(msgspec.structs.replace(profile, user=user_of(0))) for profile in profiles.values()],
        events=[event for _, event in history.events],
        end_ms=history.events[-1][1].time_ms,
        warm_up=_latest(drawn[:-events], hot),
        measured=drawn[-events:],
    )


def user_of(number: int) -> str:
    """Return a name, all of which are of one length."""
    return f"user-{number:09}"


def _latest(users: list[int], most: int) -> list[int]:
    """Return the users who came latest, each once, in the order of their latest coming."""
    latest = dict.fromkeys(reversed(users))
    return list(reversed(list(latest)[:most]))
