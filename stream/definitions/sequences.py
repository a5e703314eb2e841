"""A trait over events that follow each other: `{sequence: [product_viewed, product_added], by: sku, span: 1h}`."""

from collections.abc import Mapping
from typing import Final

from stream.definitions.aggregates import AggregateReading
from stream.definitions.expressions import ValueType
from stream.definitions.hashes import definition_hash
from stream.definitions.kinds import FADES_AS
from stream.definitions.shapes import Aggregate, Aggregation, Fed
from stream.definitions.source import YamlList, YamlMap, YamlNode, YamlText

SEQUENCES: Final[tuple[Aggregation, ...]] = ("sequence", "sequence_rate")

STEPS_MOST: Final = 8
"""Steps of one sequence: of each it is kept when what has come so far began."""


class SequenceReading(AggregateReading, frozen=True):
    """Reads one sequence: its steps, what must not come between them, and how long all of it may take."""

    def read(self, name: str, node: YamlMap, fields: Mapping[str, YamlNode]) -> Aggregate | None:
        """Return the sequence, or None where it is wrong."""
        fields = self._allowed(fields, node)
        sessions = self._sessions(fields, node)
        within_ms = self._within_ms(fields, sessions)
        half_life_ms = self._half_life(fields, node)
        ending_ms = self._ending(fields, within_ms, node) if sessions is None else 0
        steps, without = self._steps(fields[self.op]), self._without(fields.get("without"))
        by = self._by(fields, [step.event for step in steps if step is not None], "")
        least = fields.get("min")
        n = self.reader.whole(least, "'min'", 1) if least is not None else int(half_life_ms is None)
        span = fields.get("span")
        span_ms = self.reader.duration(span, "span") if span is not None else None
        kind: ValueType = "number"
        known = tuple(step for step in steps if step is not None)
        if not known or len(known) < len(steps):
            return None
        return Aggregate(
            name=name,
            op=self.op,
            event=known[0].event,
            property=None,
            within_ms=within_ms,
            type=FADES_AS[kind] if half_life_ms is not None and self.op == "sequence" else kind,
            hash=definition_hash("trait", name, node),
            ending_ms=ending_ms,
            by=by,
            n=n,
            half_life_ms=half_life_ms,
            sessions=sessions,
            gap_ms=self.events.gap_ms,
            steps=known,
            without=without,
            span_ms=span_ms,
        )

    def _steps(self, node: YamlNode) -> list[Fed | None]:
        if not isinstance(node, YamlList):
            text = "a sequence is a list of events, as in [product_viewed, product_added]"
            self.reader.wrong(node.spot, text)
            return []
        if not 2 <= len(node.items) <= STEPS_MOST:
            self.reader.wrong(node.spot, f"a sequence has at least 2 steps and at most {STEPS_MOST}")
        return [self._step(item) for item in node.items]

    def _without(self, node: YamlNode | None) -> tuple[Fed, ...]:
        if node is None:
            return ()
        items = node.items if isinstance(node, YamlList) else [node]
        if not items:
            self.reader.wrong(node.spot, "without is an empty list")
        return tuple(found for item in items if (found := self._step(item)) is not None)

    def _step(self, node: YamlNode) -> Fed | None:
        """Return one step: the name of an event, or `{event:, where:}`."""
        where, source = None, node
        if isinstance(node, YamlMap):
            fields = self.reader.fields(node, "a step", ("event",), ("where",))
            where, source = fields.get("where"), fields.get("event", node)
        if not isinstance(source, YamlText):
            if source is not node or not isinstance(node, YamlMap):
                self.reader.text(source, "a step")
            return None
        event = self.reader.text(source, "a step")
        if not event or not self._known(source, event):
            return None
        return Fed(event, None, self._where(where, event, ""))
