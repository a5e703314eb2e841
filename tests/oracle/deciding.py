"""What the product decides of one user, to be laid beside what the oracle says."""

from random import Random

from stream.decision.decider import Decider
from stream.decision.program import Program
from stream.decision.reading import Reader
from stream.definitions.expressions import Expr
from stream.model.events import Event, Scalar
from stream.model.outcomes import SegmentChange
from stream.model.profile import Profile, decode_profile, encode_profile, new_profile
from tests.oracle.following import Change

USER = "u"


class Deciding:
    """One user's decider; now and then the profile is written out and read back, as a worker does."""

    def __init__(self, program: Program, random: Random, *, spread: bool) -> None:
        self.profiles: dict[str, Profile] = {}
        self.decider = Decider(program.definitions, self.profiles, spread=spread, program=program)
        self.program, self.random = program, random
        self.changes: list[Change] = []

    @property
    def profile(self) -> Profile:
        return self.profiles[USER]

    def take(self, event: Event) -> None:
        """Decide an event."""
        if USER in self.profiles and self.random.random() < 0.3:
            self.profiles[USER] = decode_profile(encode_profile(self.profile))
        if self.random.random() < 0.3:
            self.pass_until(event.time_ms - 1)
        self.decider.decide(event)
        self._take()

    def pass_until(self, end_ms: int) -> None:
        """Let timers fire."""
        self.decider.advance(end_ms)
        self._take()

    def _take(self) -> None:
        for outcome in self.decider.take().outcomes:
            if isinstance(outcome, SegmentChange):
                to = outcome.to if outcome.to else outcome.change == "entered"
                self.changes.append(Change(outcome.at_ms, outcome.segment, to))

    def values(self, now_ms: int) -> dict[str, tuple[Scalar | None, int]]:
        """Read all traits as of a time, and until when each stays as it is; the profile stays as it is."""
        profile = decode_profile(encode_profile(self.profile))
        return {name: self.program.readers[name](profile, now_ms) for name in self.program.definitions.traits}

    def conditions(self) -> list[tuple[Expr, Reader]]:
        """Return the conditions of all segments, and what the product has made of each."""
        found = []
        for code in self.program.segments.values():
            made = code.tests or ((code.enter,) if code.leave is None else (code.enter, code.leave))
            found += zip(code.segment.conditions(), made, strict=True)
        return found

    def held(self, now_ms: int, key: str) -> dict[str, Scalar | None]:
        """Read what traits that are kept by key hold of one."""
        profile = decode_profile(encode_profile(self.profile))
        kept = [code for code in self.program.traits if code.at_key is not None]
        return {code.trait.name: code.at_key(profile, now_ms, key)[0] for code in kept}


def spread_of(*, spread: bool) -> int:
    """Return by how much the user's edges are shifted."""
    return new_profile(USER, spread=spread).spread
