"""`policy.yaml`: what disposes of the triggers that journeys propose."""

from collections.abc import Mapping
from typing import Final, Literal
from zoneinfo import available_timezones

import msgspec

from stream.definitions.acting import read_at_most
from stream.definitions.local_times import hours_slip, parse_hours
from stream.definitions.nodes import is_blank
from stream.definitions.plan import Events
from stream.definitions.policy_shapes import (
    TIMES_KEPT,
    Action,
    Cap,
    Exclusion,
    Holdouts,
    Of,
    OfKind,
    Policy,
    QuietHours,
)
from stream.definitions.problems import nearest
from stream.definitions.reading import Known, Reader
from stream.definitions.responses import TRIGGER_ID
from stream.definitions.source import YamlMap, YamlNode, YamlText
from stream.model.zones import zone_named

_MAX_TRIGGER_AGE_MS: Final = 4 * 3_600_000
"""Four hours: who is told later than that has long moved on."""

_DEFER_MS: Final = 48 * 3_600_000
_LEARN_EVERY_MS: Final = 3_600_000
_LEARN_EVERY_LEAST_MS: Final = 60_000
_FIELDS: Final = (
    *("caps", "quiet_hours", "exclusive", "tiers", "holdout"),
    *("settle", "defer_at_most", "max_trigger_age", "without_consent", "learn_every"),
)
_KINDS: Final[tuple[OfKind, ...]] = ("channel", "tag", "journey", "action")
DELIVERED: Final = "email_delivered"
"""The event that tells that a trigger was delivered, where it has the property `trigger_id`."""

_COUNTS: Final = ("emitted", "delivered")
_ON_CAP: Final = ("skip", "defer", "exit")
_PER: Final[tuple[Literal["day", "week", "month"], ...]] = ("day", "week", "month")


class PolicyWords(msgspec.Struct, frozen=True):
    """All that a policy may refer to, by kind; and whether events tell which trigger was delivered."""

    known: Mapping[OfKind, Known]
    purposes: Known
    tells_deliveries: bool


def policy_words(actions: Mapping[str, Action], journeys: Known, events: Events, *, complete: bool) -> PolicyWords:
    """Return what a policy may refer to: what actions say of themselves, and journeys."""
    delivered = events.types.get(DELIVERED, {})
    channels = {action.channel for action in actions.values()}
    tags = {tag for action in actions.values() for tag in action.tags}
    purposes = {purpose for action in actions.values() for purpose in action.purposes}
    known: dict[OfKind, Known] = {
        "channel": Known("a channel", channels, bool(channels) and "" not in channels and complete),
        "tag": Known("a tag", tags, complete),
        "journey": journeys,
        "action": Known("an action", tuple(actions), complete),
    }
    tells = not events.complete or delivered is None or TRIGGER_ID in delivered
    return PolicyWords(known, Known("a purpose", purposes, complete), tells)


def read_tiers(reader: Reader, node: YamlNode | None) -> tuple[str, ...]:
    """Read the names of the tiers before the rest of the policy: actions refer to them."""
    listed = node.items.get("tiers") if isinstance(node, YamlMap) else None
    if listed is not None and is_blank(listed):
        return ()
    names: list[str] = []
    for item in reader.items(listed, "tiers"):
        name = reader.text(item, "a tier")
        if name and reader.name(name, item.spot, "a tier"):
            if name in names:
                reader.wrong(item.spot, f"{name!r} stands twice in tiers")
            names.append(name)
    return tuple(names)


def read_policy(reader: Reader, node: YamlNode | None, words: PolicyWords, tiers: tuple[str, ...]) -> Policy:
    """Read the policy; without a file there are no caps."""
    fields = reader.fields(node, "the policy", (), _FIELDS)
    reading = _PolicyReader(reader, words)
    return Policy(
        caps=tuple(map(reading.cap, reader.items(fields.get("caps"), "caps"))),
        max_trigger_age_ms=reader.duration(
            fields.get("max_trigger_age"), "max_trigger_age", default_ms=_MAX_TRIGGER_AGE_MS
        ),
        quiet_hours=tuple(map(reading.quiet, reader.items(fields.get("quiet_hours"), "quiet_hours"))),
        exclusive=reading.exclusive(fields.get("exclusive")),
        tiers=tiers,
        holdout=reading.holdout(fields.get("holdout")),
        settle_ms=reader.duration(fields.get("settle"), "settle", least_ms=0),
        defer_ms=reader.duration(fields.get("defer_at_most"), "defer_at_most", default_ms=_DEFER_MS),
        free=reader.references(fields.get("without_consent"), "without_consent", words.purposes),
        learn_every_ms=_learn_every_ms(reader, fields.get("learn_every")),
    )


def _learn_every_ms(reader: Reader, node: YamlNode | None) -> int:
    every_ms = reader.duration(node, "learn_every", default_ms=_LEARN_EVERY_MS)
    if node is not None and 0 < every_ms < _LEARN_EVERY_LEAST_MS:
        reader.wrong(node.spot, "learn_every must be at least 1m")
    return every_ms


class _PolicyReader(msgspec.Struct, frozen=True):
    """Reads the parts of a policy."""

    reader: Reader
    words: PolicyWords

    def _of(self, fields: Mapping[str, YamlNode], node: YamlNode, of: str, known: tuple[str, ...]) -> Of:
        """Read which triggers are meant: one of a channel, a tag, a journey or an action."""
        named: list[OfKind] = [kind for kind in _KINDS if kind in fields]
        if len(named) != 1:
            if isinstance(node, YamlMap) and not self.reader.is_misspelt(node, _KINDS, known):
                only = f"only one of {', '.join(named)}" if named else f"one of {', '.join(_KINDS)}"
                self.reader.wrong(node.spot, f"{of} needs {only}")
            return Of("channel", "")
        return Of(named[0], self.reader.reference(fields[named[0]], self.words.known[named[0]]))

    def cap(self, node: YamlNode) -> Cap:
        """Read one cap."""
        reader, further = self.reader, (*_KINDS, "within", "per", "count", "on_cap")
        fields = reader.fields(node, "a cap", ("at_most",), further)
        misspelt = reader.is_misspelt(node, ("within", "per"), ("at_most", *further))
        if ("within" in fields) == ("per" in fields) and isinstance(node, YamlMap) and not misspelt:
            reader.wrong(node.spot, "a cap needs either `within` or `per`")
        per = reader.one_of(fields["per"], "per", _PER) if "per" in fields else ""
        counts = reader.one_of(fields.get("count"), "count", _COUNTS)
        then = reader.one_of(fields.get("on_cap"), "on_cap", _ON_CAP)
        if counts == "delivered" and not self.words.tells_deliveries:
            wrong = f"deliveries are told by {DELIVERED} with its {TRIGGER_ID}, which is not in events.yaml"
            reader.wrong(fields["count"].spot, wrong)
        return Cap(
            self._of(fields, node, "a cap", ("at_most", *further)),
            read_at_most(reader, fields.get("at_most"), "at_most", TIMES_KEPT),
            reader.duration(fields.get("within"), "within"),
            next((known for known in _PER if known == per), ""),
            "delivered" if counts == "delivered" else "emitted",
            "defer" if then == "defer" else "exit" if then == "exit" else "skip",
        )

    def quiet(self, node: YamlNode) -> QuietHours:
        """Read one rule of quiet hours."""
        reader = self.reader
        fields = reader.fields(node, "quiet hours", ("channels", "between"), ("then", "zones"))
        text = reader.text(fields.get("between"), "between")
        window = parse_hours(text) if text else (0, 0)
        if window is None and "between" in fields:
            reader.wrong(fields["between"].spot, hours_slip(text))
        starts, ends = window or (0, 0)
        channels = reader.references(fields.get("channels"), "channels", self.words.known["channel"])
        drops = reader.one_of(fields.get("then"), "then", ("defer", "drop")) == "drop"
        return QuietHours(channels, starts, ends, "drop" if drops else "defer", self._zones(fields.get("zones")))

    def _zones(self, node: YamlNode | None) -> tuple[str, ...]:
        names: list[str] = []
        for item in self.reader.items(node, "zones"):
            name = self.reader.text(item, "a time zone")
            if name and zone_named(name) is None:
                near = nearest(name, available_timezones())
                self.reader.wrong(item.spot, f"there is no time zone {name!r}: write one as in Europe/Berlin", near)
            elif name in names:
                self.reader.wrong(item.spot, f"{name!r} stands twice in zones")
            names.append(name)
        return tuple(names)

    def exclusive(self, node: YamlNode | None) -> tuple[Exclusion, ...]:
        """Read the groups of triggers that exclude each other, by name."""
        root = self.reader.map(node, "exclusive")
        found = []
        for name, item in root.items.items() if root is not None else ():
            self.reader.name(name, root.key_spots[name] if root is not None else item.spot, "a group")
            fields = self.reader.fields(item, "a group", ("of", "within"))
            of: list[Of] = []
            for each in self.reader.items(fields.get("of"), "of"):
                inner = self.reader.fields(each, "an entry", (), _KINDS)
                entry = self._of(inner, each, "an entry", _KINDS)
                if entry in of and entry.name:
                    self.reader.wrong(each.spot, f"the {entry.kind} {entry.name!r} stands twice in this group")
                of.append(entry)
            within_ms = self.reader.duration(fields.get("within"), "within")
            found.append(Exclusion(name, tuple(of), within_ms))
        return tuple(found)

    def holdout(self, node: YamlNode | None) -> Holdouts:
        """Read how many users are held out."""
        if isinstance(node, YamlText) and node.text.strip():
            self.reader.wrong(
                node.spot, f"say of what: {{everything: {node.text}}}, or of each: {{journeys: {node.text}}}"
            )
            return Holdouts()
        fields = self.reader.fields(node, "holdout", (), ("everything", "journeys", "salt"))
        return Holdouts(
            self.reader.share(fields.get("everything"), "everything") or 0,
            self.reader.share(fields.get("journeys"), "journeys") or 0,
            self.reader.text(fields.get("salt"), "the salt") or "global",
        )
