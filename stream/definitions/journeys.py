"""`journeys/NAME.yaml`: who enters, the steps, what ends a run, and what it is for."""

from typing import Final

import msgspec

from stream.definitions.expressions import Expr, Since
from stream.definitions.hashes import definition_hash
from stream.definitions.plan import Events
from stream.definitions.reading import Known, Reader, Vocabulary, article
from stream.definitions.shapes import Enter, GoalRule, Journey, TriggerStep
from stream.definitions.source import YamlMap, YamlNode, YamlText
from stream.definitions.steps import StepReader, all_steps

_DAY_MS: Final = 86_400_000
_AGAIN_AFTER_MS: Final = 7 * _DAY_MS
_ENTER_FIELDS: Final = ("segment", "event", "key", "again_after")
_GOAL_WITHIN_MS: Final = 14 * _DAY_MS


class JourneyWords(msgspec.Struct, frozen=True):
    """All that a journey may refer to."""

    events: Events
    actions: Known
    expressions: Vocabulary


def read_journey(reader: Reader, name: str, node: YamlNode, words: JourneyWords) -> Journey:
    """Read one journey."""
    fields = reader.fields(node, "a journey", ("enter", "steps"), ("describe", "exit_on", "goal"))
    before = reader.count
    enter = _enter(reader, fields.get("enter"), words)
    exit_on = reader.references(fields.get("exit_on"), "exit_on", words.events.known())
    goal = _goal(reader, fields.get("goal"), words.events)
    listed = reader.items(fields.get("steps"), "steps")
    steps = StepReader(reader, words.events.known(), words.actions, words.expressions).read(listed)
    if "steps" in fields and reader.count == before and not any(isinstance(s, TriggerStep) for s in all_steps(steps)):
        reader.wrong(fields["steps"].spot, "a journey needs at least one step with a trigger: this one does nothing")
    describe = reader.text(fields.get("describe"), "describe")
    return Journey(name, describe, enter, exit_on, goal, steps, definition_hash("journey", name, node))


def _enter(reader: Reader, node: YamlNode | None, words: JourneyWords) -> Enter:
    fields = reader.fields(node, "enter", (), _ENTER_FIELDS)
    ways = ("segment" in fields) + ("event" in fields)
    if isinstance(node, YamlMap) and ways != 1 and not reader.is_misspelt(node, ("segment", "event"), _ENTER_FIELDS):
        reader.wrong(node.spot, "enter needs either a segment or an event")
    return Enter(
        segment=_entered(reader, fields.get("segment"), words.expressions),
        event=reader.reference(fields.get("event"), words.events.known()) or None,
        key=_key(reader, fields.get("key"), words.expressions),
        again_after_ms=reader.duration(
            fields.get("again_after"), "again_after", default_ms=_AGAIN_AFTER_MS, least_ms=0
        ),
    )


def _entered(reader: Reader, node: YamlNode | None, words: Vocabulary) -> str | None:
    """Return the segment whose entering starts a run; of one with tiers it is one of them, `stage.retention`."""
    name = reader.text(node, "the name of a segment")
    if node is not None and name in words.tiers:
        reader.wrong(
            node.spot, f"everyone is in {name}, which has tiers: name one, as in {name}.{words.tiers[name][0]}"
        )
        return name
    tiers = {f"{segment}.{tier}" for segment, names in words.tiers.items() for tier in names}
    return reader.reference(node, Known("a segment", (words.segments - words.tiers.keys()) | tiers)) or None


def _key(reader: Reader, node: YamlNode | None, words: Vocabulary) -> Expr | None:
    key = reader.expression(node, "the key", words)
    if node is not None and key is not None and (isinstance(key, Since) or key.type not in ("string", "number")):
        reader.wrong(node.spot, f"a key must be a string or a number; {key.text} is {article(key.type)}")
    return key


def _goal(reader: Reader, node: YamlNode | None, events: Events) -> GoalRule | None:
    if node is None:
        return None
    fields = reader.fields(node, "a goal", ("event",), ("within", "value"))
    event = reader.reference(fields.get("event"), events.known())
    value = fields.get("value")
    name = reader.text(value, "the value of a goal")
    if isinstance(value, YamlText) and name:
        kind = events.property_type(reader, event, value, name)
        if kind not in (None, "money", "number", "integer"):
            reader.wrong(value.spot, f"a goal's value must be money or a number; {event}.{name} is {article(kind)}")
    within_ms = reader.duration(fields.get("within"), "within", default_ms=_GOAL_WITHIN_MS)
    return GoalRule(event, within_ms, name or None)
