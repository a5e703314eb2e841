"""What users had come to at the end of a history: the same decisions as ever, with nothing written."""

from collections.abc import Iterator

import msgspec

from stream.adapters.rows import InputRefused
from stream.decision.decider import Decider
from stream.decision.knowledge.knowledge import Knowledge
from stream.decision.knowledge.learning import Learning
from stream.decision.reading import Reader
from stream.definitions.shapes import Definitions
from stream.model.events import Scalar
from stream.model.profile import Profile
from stream.replay.driving import Drive, Stop
from stream.replay.memory import lasting, quiet_collector
from stream.replay.reading import Reading


class History(msgspec.Struct, frozen=True):
    """All users as they stood at `at_ms`, and how each trait of theirs is read."""

    profiles: dict[str, Profile]
    readers: dict[str, Reader]
    at_ms: int

    def rows(self, traits: tuple[str, ...]) -> Iterator[tuple[Scalar | None, ...]]:
        """Yield the values of traits, user by user; None where unknown."""
        for profile in self.profiles.values():
            yield tuple(self.readers[trait](profile, self.at_ms)[0] for trait in traits)


def history_of(definitions: Definitions, reading: Reading, stop: Stop = "last") -> History:
    """Read files and let everything in them happen; raises `InputRefused` where they hold no event up to the end."""
    with quiet_collector():
        events = reading.events()
    profiles: dict[str, Profile] = {}
    decider = Decider(definitions, profiles)
    learning = Learning(decider, Knowledge(definitions.policy.learn_every_ms))
    drive = Drive(decider, lambda _: None, learning=learning)
    with quiet_collector(), lasting():
        drive.run(events, stop)
    if not drive.decided:
        raise InputRefused("there is no event to learn from")
    return History(profiles, decider.program.readers, drive.clock_ms)
