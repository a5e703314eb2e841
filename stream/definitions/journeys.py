"""`journeys/NAME.yaml`: who enters, the steps, what ends a run, and what it is for."""

from collections.abc import Mapping
from typing import Final

import msgspec

from stream.definitions.asked import read_asked
from stream.definitions.choosing import LEARNING
from stream.definitions.entering import OWN, EnterReader
from stream.definitions.expressions import Expr, ValueType
from stream.definitions.hashes import definition_hash
from stream.definitions.heard import HeardReader
from stream.definitions.journey_shapes import (
    ChooseStep,
    EndStep,
    GoalRule,
    Heard,
    Journey,
    OfEvent,
    OnExit,
    Source,
    Step,
    TriggerStep,
)
from stream.definitions.plan import Events
from stream.definitions.reaching import all_steps, first_unreached, rounds_without_wait
from stream.definitions.reading import Known, Reader, Vocabulary, article
from stream.definitions.source import YamlMap, YamlNode, YamlText
from stream.definitions.steps import StepReader
from stream.definitions.value_types import value_types

_DAY_MS: Final = 86_400_000
_GOAL_WITHIN_MS: Final = 14 * _DAY_MS
_NEEDS: Final = ("enter", "steps")
_MAY_HAVE: Final = (
    *("describe", "capture", "refresh_on", "exit_on", "exit_when", "on_exit", "goal"),
    *("max_trigger_age", "holdout", "migrate"),
)
EXIT: Final = "exit"
"""Where `migrate` ends a run."""


class JourneyWords(msgspec.Struct, frozen=True):
    """All that a journey may refer to; `fallbacks` has what each action falls back on."""

    events: Events
    actions: Known
    expressions: Vocabulary
    fallbacks: Mapping[str, str]


def read_journey(reader: Reader, name: str, node: YamlNode, words: JourneyWords) -> Journey:
    """Read one journey."""
    fields = reader.fields(node, "a journey", _NEEDS, _MAY_HAVE)
    return _JourneyReader(reader, words, fields).journey(name, node)


class _JourneyReader(msgspec.Struct, frozen=True):
    """Reads the fields of one journey."""

    reader: Reader
    words: JourneyWords
    fields: Mapping[str, YamlNode]

    def journey(self, name: str, node: YamlNode) -> Journey:
        reader, fields, before = self.reader, self.fields, self.reader.count
        entering = EnterReader(reader, self.words.events, self.words.expressions)
        enter = entering.read(fields.get("enter"))
        capture, types = entering.capture(fields.get("capture"), enter)
        heard = HeardReader(reader, self.words.events, self.words.expressions, keyed=_has_key(fields.get("enter")))
        exit_on = heard.each(fields.get("exit_on"), "exit_on")
        leaving = frozenset(each.event for each in exit_on if each.where is None and each.match is None)
        reading = StepReader(reader, heard, self.words.actions, self.words.expressions, dict(types), leaving)
        steps = reading.read(reader.items(fields.get("steps"), "steps"))
        reading.check_gotos()
        if "steps" in fields and reader.count == before:
            self._check_steps(steps, reading)
        age = fields.get("max_trigger_age")
        return Journey(
            name=name,
            describe=reader.text(fields.get("describe"), "describe"),
            enter=enter,
            exit_on=exit_on,
            goal=self._goal(heard),
            steps=steps,
            hash=definition_hash("journey", name, node),
            exit_when=self._exit_when(reading.run),
            on_exit=self._on_exit(steps),
            capture=capture,
            refresh_on=self._refresh_on(heard, capture),
            named=reading.named,
            max_trigger_age_ms=None if age is None else reader.duration(age, "max_trigger_age"),
            holdout=reader.share(fields.get("holdout"), "holdout"),
            migrate=self._migrate(steps, reading.named),
        )

    def _check_steps(self, steps: tuple[Step, ...], reading: StepReader) -> None:
        """Note that nothing comes of a journey, or the steps that no run comes to."""
        if not any(isinstance(step, TriggerStep | ChooseStep) for step in all_steps(steps)):
            alone = "`on_exit` alone is for who leaves early" if "on_exit" in self.fields else "this one does nothing"
            self.reader.wrong(self.fields["steps"].spot, f"a journey needs at least one step with a trigger: {alone}")
        learns = any(isinstance(step, ChooseStep) and step.rule.policy in LEARNING for step in all_steps(steps))
        if learns and "goal" not in self.fields:
            self.reader.wrong(self.fields["steps"].spot, "a choice that learns does so from the goal: name a `goal`")
        ends = {step.step for step in all_steps(steps) if isinstance(step, EndStep)}
        for place in first_unreached(steps, reading.named):
            stem, _, number = place.rpartition(".")
            after = f"{stem}{'.' if stem else ''}{int(number) - 1}"
            why = "the run has ended at the step before" if after in ends else "all ways end before it"
            self.reader.wrong(reading.spots[place], f"this step is never reached: {why}")
        for goto in rounds_without_wait(steps, reading.named):
            wrong = f"nothing waits between {goto.to!r} and this goto: all rounds would be at one moment"
            self.reader.wrong(reading.spots[goto.step], wrong)

    def _goal(self, heard: HeardReader) -> GoalRule | None:
        node = self.fields.get("goal")
        if node is None:
            return None
        fields = self.reader.fields(node, "a goal", ("event",), ("where", "match", "within", "value"))
        event = self.reader.reference(fields.get("event"), self.words.events.known())
        value = fields.get("value")
        name = self.reader.text(value, "the value of a goal")
        if isinstance(value, YamlText) and name:
            kind = self.words.events.property_type(self.reader, event, value, name)
            if kind not in (None, "money", "number", "integer"):
                self.reader.wrong(
                    value.spot, f"a goal's value must be money or a number; {event}.{name} is {article(kind)}"
                )
        within_ms = self.reader.duration(fields.get("within"), "within", default_ms=_GOAL_WITHIN_MS)
        where, match = heard.where(fields.get("where"), event), heard.match(fields.get("match"), event)
        return GoalRule(Heard(event, where, match), within_ms, name or None)

    def _exit_when(self, run: Mapping[str, ValueType]) -> Expr | None:
        words = msgspec.structs.replace(self.words.expressions, run={**OWN, **run})
        return read_asked(self.reader, self.fields.get("exit_when"), "exit_when", words)

    def _on_exit(self, steps: tuple[Step, ...]) -> tuple[OnExit, ...]:
        """Read what is proposed where a run ends early."""
        found, sent = [], self._sent(steps)
        for number, item in enumerate(self.reader.items(self.fields.get("on_exit"), "on_exit")):
            if not isinstance(item, YamlMap):
                action, after = self.reader.reference(item, self.words.actions), frozenset[str]()
            else:
                fields = self.reader.fields(item, "an action on exit", ("trigger",), ("after",))
                action = self.reader.reference(fields.get("trigger"), self.words.actions)
                after = self.reader.references(fields.get("after"), "after", self.words.actions)
                for name in sorted(after & set(self.words.actions.names) - sent):
                    self.reader.wrong(fields["after"].spot, f"this journey never sends {name!r}")
            found.append(OnExit(f"exit.{number}", action, after))
        return tuple(found)

    def _sent(self, steps: tuple[Step, ...]) -> set[str]:
        """Return the actions that steps may send, those among them that others fall back on."""
        sent: set[str] = set()
        for step in all_steps(steps):
            names = (step.action,) if isinstance(step, TriggerStep) else ()
            for proposed in step.actions if isinstance(step, ChooseStep) else names:
                name = proposed
                while name and name not in sent:
                    sent.add(name)
                    name = self.words.fallbacks.get(name, "")
        return sent

    def _refresh_on(self, heard: HeardReader, capture: Mapping[str, Source]) -> tuple[Heard, ...]:
        node = self.fields.get("refresh_on")
        if node is not None and "capture" not in self.fields:
            self.reader.wrong(node.spot, "`refresh_on` needs `capture`: there is nothing to refresh")
        found = heard.each(node, "refresh_on")
        of_event = {name: source for name, source in capture.items() if isinstance(source, OfEvent)}
        for each in found if node is not None else ():
            types = value_types(self.words.events.types.get(each.event) or {}, "")
            for name, source in of_event.items():
                kind = types.get(source.property, source.type)
                if node is not None and kind != source.type:
                    said = f"{each.event}.{source.property} is {article(kind)}; run.{name} is {article(source.type)}"
                    self.reader.wrong(node.spot, said)
        return found

    def _migrate(self, steps: tuple[Step, ...], named: Mapping[str, str]) -> dict[str, str]:
        """Read where runs of an older definition go on: places or names of steps, or `exit`."""
        root = self.reader.map(self.fields.get("migrate"), "migrate")
        places = {step.step for step in all_steps(steps)} | named.keys() | {EXIT}
        known = Known("a step", places)
        found = root.items.items() if root is not None else ()
        return {old: self.reader.reference(item, known) for old, item in found}


def _has_key(enter: YamlNode | None) -> bool:
    """Return whether runs have a key, be it a wrong one."""
    return isinstance(enter, YamlMap) and "key" in enter.items
