"""`enter` and `capture` of a journey: who starts a run, how often, and what the run keeps."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from stream.definitions.expressions import Since, ValueType
from stream.definitions.for_each import read_for_each
from stream.definitions.heard import HeardReader
from stream.definitions.journey_shapes import Enter, Heard, OfEvent, Source
from stream.definitions.plan import Events
from stream.definitions.problems import nearest
from stream.definitions.reading import Known, Reader, Vocabulary, article
from stream.definitions.source import YamlMap, YamlNode, YamlText
from stream.definitions.value_types import value_types

_AGAIN_AFTER_MS: Final = 7 * 86_400_000
_FIELDS: Final = (
    *("segment", "event", "for_each", "within", "where", "key"),
    *("once", "again_after", "again_from", "max_concurrent", "same_key"),
)
_FROM: Final = ("exit", "entry")
_SAME: Final = ("ignore", "restart")
_OF_EVENT: Final = re.compile(r"event\.[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
CONTEXT_KEPT: Final = 16
"""Values that a run keeps at most."""

OWN: Final[Mapping[str, ValueType]] = {"key": "string", "entered_at": "timestamp"}
"""What every run keeps of itself."""

_SINGLE: Final[tuple[ValueType, ...]] = ("string", "number", "money", "boolean", "timestamp", "duration")
KEPT_AS: Final[Mapping[ValueType, ValueType]] = {
    **{kind: kind for kind in _SINGLE},
    "fading number": "number",
    "fading money": "money",
    "fading duration": "duration",
}
"""What runs can keep, and as what: of what fades, how much it was."""


class EnterReader(msgspec.Struct, frozen=True):
    """Reads how runs start, and what they keep from then on."""

    reader: Reader
    events: Events
    words: Vocabulary

    def read(self, node: YamlNode | None) -> Enter:
        """Read `enter`."""
        reader = self.reader
        if isinstance(node, YamlText) and (meant := self._meant(node.text)):
            reader.wrong(node.spot, f"enter needs fields: write {meant}")
            node = None
        fields = reader.fields(node, "enter", (), _FIELDS)
        ways = ("segment" in fields) + ("event" in fields)
        if isinstance(node, YamlMap) and ways != 1 and not reader.is_misspelt(node, ("segment", "event"), _FIELDS):
            reader.wrong(node.spot, "enter needs either a segment or an event")
        event = self._event(fields, node)
        return Enter(
            segment=self._segment(fields.get("segment")),
            event=event,
            key=self._key(fields, event),
            again_after_ms=reader.duration(
                fields.get("again_after"), "again_after", default_ms=_AGAIN_AFTER_MS, least_ms=0
            ),
            again_from="entry" if reader.one_of(fields.get("again_from"), "again_from", _FROM) == "entry" else "exit",
            once=self._once(fields, node),
            max_concurrent=self._max_concurrent(fields),
            same_key="restart" if reader.one_of(fields.get("same_key"), "same_key", _SAME) == "restart" else "ignore",
        )

    def capture(self, node: YamlNode | None, enter: Enter) -> tuple[dict[str, Source], dict[str, ValueType]]:
        """Read what the run keeps; return it with the types."""
        root = self.reader.map(node, "capture")
        kept: dict[str, Source] = {}
        types: dict[str, ValueType] = {}
        for name, item in root.items.items() if root is not None else ():
            spot = root.key_spots[name] if root is not None else item.spot
            if name in OWN:
                self.reader.wrong(spot, f"every run keeps run.{name} already")
            if not self.reader.name(name, spot, "a value of a run") or name in OWN:
                continue
            found = self._source(item, f"{name!r}", enter.event, by_segment=enter.segment is not None)
            if found is not None and found.type not in KEPT_AS:
                self.reader.wrong(item.spot, f"a run keeps single values; {name!r} would be {article(found.type)}")
            elif found is not None:
                kept[name], types[name] = found, KEPT_AS[found.type]
        if len(kept) > CONTEXT_KEPT and node is not None:
            self.reader.wrong(node.spot, f"a run keeps at most {CONTEXT_KEPT} values")
        return kept, types

    def _source(self, node: YamlNode | None, of: str, event: Heard | None, *, by_segment: bool) -> Source | None:
        """Read where a value comes from: an expression, or `event.PROPERTY` of the event that starts the run."""
        text = node.text.strip() if isinstance(node, YamlText) else ""
        if not isinstance(node, YamlText) or _OF_EVENT.fullmatch(text) is None:
            return self.reader.expression(node, of, self.words)
        if event is None:
            if by_segment:
                wrong = f"{text} is of the event that starts a run, and this one starts by a segment"
                self.reader.wrong(node.spot, wrong)
            return None
        prop, planned = text.removeprefix("event."), self.events.types.get(event.event)
        known: dict[str, ValueType] = {**value_types(planned or {}, ""), "at": "timestamp"}
        if prop not in known and planned is not None:
            near = nearest(prop, known)
            self.reader.wrong(node.spot, f"{event.event} has no property {prop!r}", f"event.{near}" if near else "")
        return OfEvent(prop, known[prop]) if prop in known else None

    def _meant(self, name: str) -> str:
        """Return how to enter by a name that stands alone."""
        if name in self.words.segments:
            return f"{{segment: {name}}}"
        return f"{{event: {name}}}" if name in self.events.types else ""

    def _event(self, fields: Mapping[str, YamlNode], node: YamlNode | None) -> Heard | None:
        reading = HeardReader(self.reader, self.events, self.words, keyed=False)
        event = self.reader.reference(fields.get("event"), self.events.known())
        if "where" in fields and "event" not in fields and isinstance(node, YamlMap):
            self.reader.wrong(node.key_spots["where"], "'where' is a condition on the event that starts a run")
        concerned = read_for_each(self.reader, fields, node, event if event in self.events.types else "")
        return Heard(event, reading.where(fields.get("where"), event), for_each=concerned) if event else None

    def _segment(self, node: YamlNode | None) -> str | None:
        """Return the segment whose entering starts a run; of one with tiers it is one of them, `stage.retention`."""
        words, name = self.words, self.reader.text(node, "the name of a segment")
        if node is not None and name in words.tiers:
            self.reader.wrong(
                node.spot, f"everyone is in {name}, which has tiers: name one, as in {name}.{words.tiers[name][0]}"
            )
            return name
        tiers = {f"{segment}.{tier}" for segment, names in words.tiers.items() for tier in names}
        return self.reader.reference(node, Known("a segment", (words.segments - words.tiers.keys()) | tiers)) or None

    def _key(self, fields: Mapping[str, YamlNode], event: Heard | None) -> Source | None:
        node = fields.get("key")
        key = self._source(node, "the key", event, by_segment="segment" in fields)
        if node is not None and key is not None and (isinstance(key, Since) or key.type not in ("string", "number")):
            said = f"event.{key.property}" if isinstance(key, OfEvent) else key.text
            self.reader.wrong(node.spot, f"a key must be a string or a number; {said} is {article(key.type)}")
        return key

    def _max_concurrent(self, fields: Mapping[str, YamlNode]) -> int:
        node = fields.get("max_concurrent")
        if node is None:
            return 0
        if "key" not in fields:
            self.reader.wrong(node.spot, "without a `key` only one run of a user is under way, whatever this says")
        return self.reader.whole(node, "max_concurrent", 1)

    def _once(self, fields: Mapping[str, YamlNode], node: YamlNode | None) -> bool:
        once = self.reader.flag(fields.get("once"), "once")
        if once and isinstance(node, YamlMap):
            for name in ("again_after", "again_from"):
                if name in fields:
                    self.reader.wrong(node.key_spots[name], f"{name!r} has no meaning beside `once: true`")
        return once
