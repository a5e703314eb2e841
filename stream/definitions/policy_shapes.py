"""Actions and the policy as checked values: what can be done for a user, and what disposes of it."""

from typing import Final, Literal

import msgspec

from stream.definitions.expressions import Expr
from stream.definitions.picks import Payload

TIMES_KEPT: Final = 1_000
"""Times that a profile remembers of one cap: what it allows at most."""

OfKind = Literal["channel", "tag", "journey", "action"]


class Of(msgspec.Struct, frozen=True):
    """Some triggers: those of a channel, a tag, a journey or an action."""

    kind: OfKind
    name: str

    @property
    def key(self) -> str:
        """Where a profile remembers them; a channel under its own name."""
        return self.name if self.kind == "channel" else f"{self.kind} {self.name}"


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """Something to do for a user: over which channel, for which purposes, with what, and how long it stays valid.

    `eligible`, `applicable` and `suitable` must be true of whoever gets it (may ever; makes sense now; is right for
    this user); `needs` names what identify must have told. Of several actions that compete the one of the lowest `tier`
    wins, then the one of the highest `chance` × `value` × `weight`. Where it is refused, the `fallback` is proposed.
    What is transactional is held back by no cap, quiet hours or exclusion, and fills them only if it `counts`; nobody
    is held out of it. `plain_payload` is that of users who refused the purpose `personalisation`. Where its run exits
    and it is still valid, it is `withdrawn`.
    """

    name: str
    channel: str
    purposes: tuple[str, ...]
    template: str
    valid_for_ms: int
    payload: Payload
    plain_payload: Payload | None = None
    tags: frozenset[str] = frozenset()
    tier: int = 0
    weight: float = 1.0
    value: Expr | None = None
    chance: Expr | None = None
    eligible: Expr | None = None
    applicable: Expr | None = None
    suitable: Expr | None = None
    needs: tuple[str, ...] = ()
    fallback: str = ""
    is_transactional: bool = False
    counts: bool = True
    withdrawn_on_exit: bool = False

    @property
    def purpose(self) -> str:
        """Its purposes as one text."""
        return ", ".join(self.purposes)


class Cap(msgspec.Struct, frozen=True):
    """At most so many triggers within any rolling window or, with `per`, within a local day, week or month.

    `counts` those emitted, or those of which an `email_delivered` has told. What is over it is skipped, waits until
    there is room, or ends the run.
    """

    of: Of
    at_most: int
    within_ms: int
    per: Literal["", "day", "week", "month"] = ""
    counts: Literal["emitted", "delivered"] = "emitted"
    then: Literal["skip", "defer", "exit"] = "skip"

    @property
    def key(self) -> str:
        """Where a profile remembers what this cap counts."""
        return self.of.key if self.counts == "emitted" else f"delivered {self.of.key}"


class QuietHours(msgspec.Struct, frozen=True):
    """Local hours, in minutes after midnight, in which nothing goes out over some channels: it waits, or is dropped.

    Of a user whose zone is unknown it is quiet where it is so in any of the `zones`, by default in any plausible one.
    """

    channels: frozenset[str]
    starts: int
    ends: int
    then: Literal["defer", "drop"] = "defer"
    zones: tuple[str, ...] = ()


class Exclusion(msgspec.Struct, frozen=True):
    """Triggers of which a user gets one within any window of this length."""

    name: str
    of: tuple[Of, ...]
    within_ms: int

    @property
    def key(self) -> str:
        """Where a profile remembers them."""
        return f"group {self.name}"


class Holdouts(msgspec.Struct, frozen=True):
    """How many of 10,000 users are held out: of everything, and of each journey that does not say itself.

    A user's bucket is `sha256(salt, 0x1f, user) mod 10,000`; of a journey the salt is `journey NAME`.
    """

    everything: int = 0
    journeys: int = 0
    salt: str = "global"


class Policy(msgspec.Struct, frozen=True):
    """What disposes of the triggers that journeys propose.

    `tiers` names them, the most important first. Proposals wait `settle_ms` for others to compete with; what is
    deferred expires after `defer_ms`. `free` are the purposes that need no consent. What decisions teach becomes shared
    knowledge every `learn_every_ms` of event time.
    """

    caps: tuple[Cap, ...]
    max_trigger_age_ms: int
    quiet_hours: tuple[QuietHours, ...] = ()
    exclusive: tuple[Exclusion, ...] = ()
    tiers: tuple[str, ...] = ()
    holdout: Holdouts = Holdouts()
    settle_ms: int = 0
    defer_ms: int = 48 * 3_600_000
    free: frozenset[str] = frozenset()
    learn_every_ms: int = 3_600_000
