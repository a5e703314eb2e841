"""One trait computed from events: an operator, what it is fed, over which window, and which occurrences count."""

from collections.abc import Mapping, Sequence
from typing import Final, get_args

import msgspec

from stream.definitions.durations import duration_text
from stream.definitions.expressions import Constant, Expr, ValueType
from stream.definitions.hashes import definition_hash
from stream.definitions.kinds import BY_KEY, BY_SESSION, FADES_AS, OF_EVENTS, OWN_TYPES
from stream.definitions.occurrences import occurrence_words
from stream.definitions.periods import read_period, read_span
from stream.definitions.plan import Events, FieldType
from stream.definitions.problems import nearest
from stream.definitions.reading import Reader, Vocabulary, article
from stream.definitions.sessions import session_window
from stream.definitions.shapes import Aggregate, Aggregation, Fed
from stream.definitions.source import YamlMap, YamlNode, YamlText
from stream.definitions.value_types import VALUE_TYPES

OPERATORS: Final[tuple[Aggregation, ...]] = get_args(Aggregation)
_WINDOWS: Final = ("within", "this", "previous")
"""A rolling window or sessions, or periods of the calendar."""

_BESIDE: Final = ("where", "ending", "minus", "by", "n", "until", "per", "every", "half_life", "span", "without")
OPTIONS: Final = (*_WINDOWS, *_BESIDE)
"""The fields that may stand beside an operator."""

_ACCEPTED: Final[Mapping[Aggregation, tuple[FieldType, ...]]] = {
    "sum": ("integer", "number", "money", "duration"),
    "avg": ("integer", "number", "money", "duration"),
    "min": ("integer", "number", "money", "timestamp", "duration"),
    "max": ("integer", "number", "money", "timestamp", "duration"),
    "top": ("string",),
    "set": ("string",),
}
"""The types of property an operator works on; one that is not listed works on all."""

OPTIONS_OF: Final[Mapping[Aggregation, tuple[str, ...]]] = {
    **dict.fromkeys(("count", "sum"), (*_WINDOWS, "ending", "where", "minus", "by", "half_life")),
    "avg": (*_WINDOWS, "ending", "where", "half_life"),
    **dict.fromkeys(("min", "max", "first", "top"), (*_WINDOWS, "ending", "where")),
    **dict.fromkeys(("distinct", "set"), (*_WINDOWS, "where")),
    "last": ("within", "where"),
    "nth": ("where", "n"),
    "gap": ("where", "last"),
    "open": ("where", "until", "by"),
    "rate": (*_WINDOWS, "where", "per", "min", "half_life"),
    "streak": ("where", "every"),
    "sequence": ("within", "ending", "by", "half_life", "span", "without"),
    "sequence_rate": ("within", "by", "half_life", "span", "without", "min"),
}
"""What may stand beside each operator. Only windows that are kept in buckets can have ended some time ago."""

NEEDED: Final[Mapping[Aggregation, tuple[str, ...]]] = {"nth": ("n",), "open": ("until", "by"), "rate": ("per",)}

OCCURRENCES_MOST: Final = 100
"""How many occurrences `nth` and `gap` can go by: so many are kept."""

ENDING_WINDOWS_MOST: Final = 13
"""How many of its own lengths ago a window can have ended (a month, a year ago): all of that is kept in buckets."""


class AggregateReading(msgspec.Struct, frozen=True):
    """Reads one aggregate; of the `words`, conditions on an event may use the currency and the calendar."""

    reader: Reader
    op: Aggregation
    events: Events
    words: Vocabulary

    def read(self, name: str, node: YamlMap, fields: Mapping[str, YamlNode]) -> Aggregate | None:
        """Return the aggregate, or None where it is wrong."""
        fields = self._allowed(fields, node)
        sessions = self._sessions(fields, node)
        if sessions is not None:
            fields = {name: item for name, item in fields.items() if name not in ("by", "ending")}
        within_ms = self._within_ms(fields, sessions)
        ending_ms, n = self._ending(fields, within_ms, node), self._n(fields)
        source = fields[self.op]
        text = self.reader.text(source, f"{self.op!r}")
        if not text or not isinstance(source, YamlText):
            return None
        event, _, prop = text.partition(".")
        kind = self._kind(source, event, prop) if self._known(source, event) else None
        if kind is None:
            return None
        where = self._where(fields.get("where"), event, prop)
        minus, other = self._minus(fields, kind), self._other(fields)
        by = self._by(fields, (event, *([other.event] if other and self.op == "open" else [])), prop)
        half_life_ms = self._half_life(fields, node)
        return Aggregate(
            name=name,
            op=self.op,
            event=event,
            property=prop or None,
            within_ms=within_ms,
            type=self._kept_as(kind, by is not None, half_life_ms is not None),
            hash=definition_hash("trait", name, node),
            where=where,
            ending_ms=ending_ms,
            minus=minus,
            by=by,
            n=n,
            other=other,
            every=read_period(self.reader, fields.get("every"), "every") or "day",
            half_life_ms=half_life_ms,
            sessions=sessions,
            gap_ms=self.events.gap_ms,
            calendar=read_span(self.reader, fields, node),
        )

    def _kept_as(self, kind: ValueType, is_by_key: bool, fades: bool) -> ValueType:
        """Return the type of a trait whose values are of a kind."""
        if fades and self.op in ("count", "sum"):
            kind = FADES_AS[kind]
        return BY_KEY[kind] if is_by_key and self.op != "open" else kind

    def _allowed(self, fields: Mapping[str, YamlNode], node: YamlMap) -> dict[str, YamlNode]:
        """Return the operator and the options that have a meaning beside it, noting those that have none."""
        options = OPTIONS_OF[self.op]
        for option in fields.keys() - {self.op, *options}:
            self.reader.wrong(node.key_spots[option], f"{option!r} has no meaning beside {self.op!r}")
        if "by" in fields and "minus" in fields:
            self.reader.wrong(node.key_spots["by"], "'by' has no meaning beside 'minus'")
        for option in NEEDED.get(self.op, ()):
            if option not in node.items:
                self.reader.wrong(node.spot, f"{self.op!r} needs the field {option!r}")
        return {name: item for name, item in fields.items() if name == self.op or name in options}

    def _sessions(self, fields: Mapping[str, YamlNode], node: YamlMap) -> int | None:
        """Return the window as a number of sessions, None where it is none of them."""
        sessions = session_window(self.reader, fields.get("within"))
        if sessions is None:
            return None
        if self.op not in BY_SESSION:
            self.reader.wrong(node.key_spots["within"], f"{self.op!r} is not kept by session")
        for option in fields.keys() & {"by", "ending"}:
            self.reader.wrong(node.key_spots[option], f"{option!r} has no meaning beside a window of sessions")
        return sessions

    def _within_ms(self, fields: Mapping[str, YamlNode], sessions: int | None) -> int | None:
        within = fields.get("within")
        return self.reader.duration(within, "within") if within is not None and sessions is None else None

    def _half_life(self, fields: Mapping[str, YamlNode], node: YamlMap) -> int | None:
        half_life = fields.get("half_life")
        if half_life is None:
            return None
        if fields.keys() & {"within", "this", "previous"}:
            spot = node.key_spots["half_life"]
            self.reader.wrong(spot, "'half_life' has no meaning beside a window: what is old fades instead of leaving")
        return self.reader.duration(half_life, "half_life", default_ms=1)

    def _n(self, fields: Mapping[str, YamlNode]) -> int:
        option = {"nth": "n", "gap": "last", "rate": "min"}.get(self.op, "")
        given = fields.get(option)
        if given is None:
            return 10 if self.op == "gap" else int("half_life" not in fields)
        n = self.reader.whole(given, f"'{option}'", 2 if self.op == "gap" else 1)
        if self.op != "rate" and n > OCCURRENCES_MOST:
            self.reader.wrong(given.spot, f"'{option}' can be at most {OCCURRENCES_MOST}: so many occurrences are kept")
        return n

    def _kind(self, source: YamlText, event: str, prop: str) -> ValueType | None:
        kind = OF_EVENTS.get(self.op)
        if kind is None:
            return self._type(source, event, prop)
        of, is_elements, inner = prop.partition("[]")
        if is_elements and self.op == "count":
            self._check_list(source, event, of, inner)
        elif prop:
            self.reader.wrong(source.spot, f"{self.op!r} takes an event, not a property: write {event!r}")
        return kind

    def _check_list(self, source: YamlText, event: str, of: str, inner: str) -> None:
        """Refuse to count anything but the elements of a list."""
        known = self.events.types.get(event)
        lists = [name for name, kind in (known or {}).items() if kind == "list"]
        if inner:
            self.reader.wrong(source.spot, f"'count' takes the elements themselves: write {event}.{of}[]")
        elif known is not None and of not in lists and known.get(of, "") is not None:
            self.reader.wrong(source.spot, f"{event} has no list {of!r}", nearest(of, lists))

    def _other(self, fields: Mapping[str, YamlNode]) -> Fed | None:
        """Return the event that closes what is open, or that a rate is per; `where` is no condition on it."""
        option = "until" if self.op == "open" else "per"
        source = fields.get(option)
        event = self.reader.text(source, f"{option!r}")
        if not event or not isinstance(source, YamlText) or not self._known(source, event):
            return None
        return Fed(event, None, None)

    def _minus(self, fields: Mapping[str, YamlNode], kind: ValueType) -> Fed | None:
        """Return what is taken off; the condition, if any, is one on both events."""
        source = fields.get("minus")
        text = self.reader.text(source, "'minus'")
        event, _, prop = text.partition(".")
        if not text or not isinstance(source, YamlText) or not self._known(source, event):
            return None
        taken = self._kind(source, event, prop)
        if taken is not None and taken != kind:
            self.reader.wrong(source.spot, f"what is taken off must be {article(kind)} too; {text} is {article(taken)}")
        return Fed(event, prop or None, self._where(fields.get("where"), event, prop))

    def _by(self, fields: Mapping[str, YamlNode], events: Sequence[str], fed: str) -> str | None:
        """Return the property whose values are the keys; all the events have it, or the elements that are fed."""
        source = fields.get("by")
        prop = self.reader.text(source, "'by'")
        if not prop or not isinstance(source, YamlText):
            return None
        of, is_elements, _ = prop.partition("[]")
        if is_elements and of != fed.partition("[]")[0]:
            example = f"{events[0] if events else 'EVENT'}.{of}[]"
            self.reader.wrong(source.spot, f"a key of elements is for what is fed elements, as {example} is")
            return None
        for event in events:
            kind = self.events.property_type(self.reader, event, source, prop)
            if kind not in ("string", "integer", None):
                self.reader.wrong(source.spot, f"keys are a string or an integer; {event}.{prop} is {article(kind)}")
        return prop

    def _ending(self, fields: Mapping[str, YamlNode], within_ms: int | None, node: YamlMap) -> int:
        """Return how long ago the window ended; 0 where it ends now."""
        ending = fields.get("ending")
        ending_ms = self.reader.duration(ending, "ending")
        if ending is None:
            return 0
        if within_ms is None:
            self.reader.wrong(
                node.key_spots["ending"], "'ending' needs 'within': it says how long ago that window ended"
            )
        elif within_ms and ending_ms > ENDING_WINDOWS_MOST * within_ms:
            least = f"at most {ENDING_WINDOWS_MOST} times the length of the window"
            self.reader.wrong(ending.spot, f"'ending' can lie back {least}, which is {duration_text(within_ms)}")
        return ending_ms

    def _known(self, source: YamlText, event: str) -> bool:
        known = not self.events.complete or event in self.events.types
        if not known:
            self.reader.wrong(source.spot, f"there is no event {event!r}", nearest(event, self.events.types))
        return known

    def _where(self, node: YamlNode | None, event: str, fed: str) -> Expr | None:
        """Return the condition that an occurrence must meet to count, over its event's properties and its own."""
        if node is None:
            return None
        words = occurrence_words(self.events, event, self.words, fed.partition("[]")[0])
        found = self.reader.condition(node, "the condition on an event", words)
        if isinstance(found, Constant):
            self.reader.wrong(node.spot, "this condition never changes")
        return found

    def _type(self, source: YamlText, event: str, prop: str) -> ValueType | None:
        """Return the type of the trait's value, noting a property that is missing, unknown or of another type."""
        if not prop:
            self.reader.wrong(source.spot, f"{self.op!r} takes a property of an event, as in {event}.PROPERTY")
            return None
        kind = self.events.property_type(self.reader, event, source, prop)
        if kind is None:
            return None
        if kind == "list":
            self.reader.wrong(source.spot, f"{prop!r} is a list: write {event}.{prop}[].PROPERTY")
            return None
        accepted = _ACCEPTED.get(self.op, (kind,))
        if kind not in accepted:
            self.reader.wrong(source.spot, f"{self.op!r} needs {_listed(accepted)}; {source.text} is {article(kind)}")
            return None
        return OWN_TYPES.get(self.op, VALUE_TYPES[kind])


def _listed(words: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
