"""Events that a journey listens to: by name, or with a condition on the occurrence or a match with the run's key."""

import msgspec

from stream.definitions.asked import read_asked
from stream.definitions.expressions import Expr
from stream.definitions.journey_shapes import Heard
from stream.definitions.occurrences import occurrence_words
from stream.definitions.plan import Events
from stream.definitions.reading import Reader, Vocabulary, article
from stream.definitions.source import YamlMap, YamlNode, YamlText

FIELDS = ("event", "where", "match")


class HeardReader(msgspec.Struct, frozen=True):
    """Reads what a journey listens to; `match` has a meaning only where its runs are `keyed`."""

    reader: Reader
    events: Events
    words: Vocabulary
    keyed: bool

    def each(self, node: YamlNode | None, of: str) -> tuple[Heard, ...]:
        """Read a list of events, none of them twice."""
        found: list[Heard] = []
        for item in self.reader.items(node, of):
            heard = self.one(item)
            if heard is not None and heard in found:
                self.reader.wrong(item.spot, f"{heard.event!r} stands twice in {of}")
            found += [heard] if heard is not None else []
        return tuple(found)

    def one(self, node: YamlNode | None) -> Heard | None:
        """Read one event: its name, or fields."""
        if not isinstance(node, YamlMap):
            event = self.reader.reference(node, self.events.known())
            return Heard(event) if event else None
        fields = self.reader.fields(node, "an event", ("event",), FIELDS[1:])
        event = self.reader.reference(fields.get("event"), self.events.known())
        if not event:
            return None
        return Heard(event, self.where(fields.get("where"), event), self.match(fields.get("match"), event))

    def where(self, node: YamlNode | None, event: str) -> Expr | None:
        """Read the condition on an occurrence."""
        if node is None:
            return None
        words = occurrence_words(self.events, event, self.words)
        return read_asked(self.reader, node, "the condition on an event", words)

    def match(self, node: YamlNode | None, event: str) -> str | None:
        """Read the property that must be the run's key."""
        name = self.reader.text(node, "`match`")
        if not isinstance(node, YamlText) or not name:
            return None
        if not self.keyed:
            self.reader.wrong(node.spot, "`match` compares with the run's key, and `enter` has no `key`")
            return None
        kind = self.events.property_type(self.reader, event, node, name)
        if kind not in ("string", "integer", None):
            self.reader.wrong(node.spot, f"a key is a string or an integer; {event}.{name} is {article(kind)}")
        return name
