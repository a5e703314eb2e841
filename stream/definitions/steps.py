"""The steps of a journey, one after the other and in arms."""

from collections.abc import Sequence
from typing import Final

import msgspec

from stream.definitions.acting import BESIDE, ActReader, read_at_most
from stream.definitions.asked import read_asked
from stream.definitions.choices import ChoiceReader
from stream.definitions.entering import CONTEXT_KEPT, KEPT_AS, OWN
from stream.definitions.expressions import Expr, ValueType
from stream.definitions.heard import HeardReader
from stream.definitions.implication import implies
from stream.definitions.journey_shapes import Arm, BranchStep, SetStep, Share, SplitStep, Step, WaitForStep
from stream.definitions.problems import Spot, nearest, nearest_field
from stream.definitions.reading import Known, Reader, Vocabulary, article
from stream.definitions.source import YamlMap, YamlNode
from stream.definitions.waits import WaitReader

_KINDS: Final = ("trigger", "wait", "wait_until", "wait_for", "branch", "split", "choose", "set", "goto", "end")
_ARM_KINDS: Final = ("trigger", "end", "goto", "steps")
_ARM_FIELDS: Final = ("when", "otherwise", *_ARM_KINDS)
_SHARE_FIELDS: Final = ("weight", *_ARM_KINDS)
WEIGHT_MOST: Final = 10_000


class StepReader(msgspec.Struct):
    """Reads steps. `run` has the types of what runs keep, more with every `set`; `named` the place of named steps.

    A place says where a step stands: "0" in the journey itself, `2.0.1` in the first arm of the third step. `spots` has
    where each of them stands in the file. Of the events in `leaving` every one ends the run.
    """

    reader: Reader
    heard: HeardReader
    actions: Known
    words: Vocabulary
    run: dict[str, ValueType]
    leaving: frozenset[str]
    named: dict[str, str] = {}
    spots: dict[str, Spot] = {}
    gotos: list[tuple[str, Spot]] = []

    def read(self, nodes: Sequence[YamlNode], place: str = "") -> tuple[Step, ...]:
        """Read a list of steps, those that can be."""
        steps = [self._step(node, f"{place}{number}") for number, node in enumerate(nodes)]
        return tuple(step for step in steps if step is not None)

    def check_gotos(self) -> None:
        """Note the steps that a `goto` names and that there are not."""
        for name, spot in self.gotos:
            if name not in self.named:
                self.reader.wrong(spot, f"there is no step with the name {name!r}", nearest(name, self.named))

    def _words(self) -> Vocabulary:
        return msgspec.structs.replace(self.words, run={**OWN, **self.run})

    def _step(self, node: YamlNode, place: str) -> Step | None:
        self.spots[place] = node.spot
        if isinstance(node, YamlMap) and "name" in node.items:
            self._name(node.items["name"], place)
        kind = self._kind(node, "a step", _KINDS)
        if kind is None or not isinstance(node, YamlMap):
            return None
        waits = WaitReader(self.reader, self.heard, self._words())
        match kind:
            case "wait":
                return waits.duration(node, place)
            case "wait_until":
                return waits.until(node, place)
            case "wait_for":
                return self._wait_for(waits, node, place)
            case "branch":
                fields = self.reader.fields(node, "a branch", ("branch",), ("name",))
                return BranchStep(place, self._arms(self.reader.items(fields.get("branch"), "a branch"), place))
            case "split":
                return self._split(node, place)
            case "choose":
                return ChoiceReader(self.reader, self.actions, self._words()).read(node, place)
            case "set":
                fields = self.reader.fields(node, "a set", ("set",), ("name",))
                return SetStep(place, self._values(fields.get("set")))
            case _:
                return self._act(kind, node, place)

    def _name(self, node: YamlNode, place: str) -> None:
        name = self.reader.text(node, "the name of a step")
        if name and self.reader.name(name, node.spot, "a step"):
            if name in self.named:
                self.reader.wrong(node.spot, f"a second step with the name {name!r}")
            self.named.setdefault(name, place)

    def _kind(self, node: YamlNode, of: str, kinds: tuple[str, ...]) -> str | None:
        """Return the one field that says what it is."""
        fields = self.reader.map(node, of)
        if fields is None:
            return None
        found = [kind for kind in kinds if kind in fields.items]
        if len(found) != 1:
            only = f"only one of {', '.join(found)}" if found else f"one of {', '.join(kinds)}"
            near = "" if found else next(filter(None, (nearest_field(name, kinds) for name in fields.items)), "")
            self.reader.wrong(fields.spot, f"{of} needs {only}", near)
            return None
        return found[0]

    def _acts(self) -> ActReader:
        return ActReader(self.reader, self.actions, self._words(), self.gotos)

    def _act(self, kind: str, node: YamlMap, place: str) -> Step:
        """Read a step that stands for itself."""
        of = f"{'an' if kind == 'end' else 'a'} {kind}"
        needs, beside = self._beside(kind)
        return self._acts().act(kind, self.reader.fields(node, of, needs, ("name", *beside)), place)

    @staticmethod
    def _beside(kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the fields that a kind needs, and those that may stand beside it."""
        beside = BESIDE.get(kind, ())
        return ((kind, *beside), ()) if kind == "goto" else ((kind,), beside)

    def _wait_for(self, waits: WaitReader, node: YamlMap, place: str) -> WaitForStep:
        further = ("reset_on", "then", "otherwise", "if_none", "name")
        fields = self.reader.fields(node, "a wait for an event", ("wait_for", "at_most"), further)
        events, reset_on, if_none = waits.awaited(fields, self.leaving)
        then = self.read(self.reader.items(fields.get("then"), "then"), f"{place}.0.")
        otherwise = self.read(self.reader.items(fields.get("otherwise"), "otherwise"), f"{place}.1.")
        at_most_ms = self.reader.duration(fields.get("at_most"), "at_most", default_ms=1)
        return WaitForStep(place, events, at_most_ms, reset_on, then, otherwise, if_none)

    def _values(self, node: YamlNode | None) -> dict[str, Expr]:
        root = self.reader.map(node, "set")
        values: dict[str, Expr] = {}
        for name, item in root.items.items() if root is not None else ():
            spot = root.key_spots[name] if root is not None else item.spot
            found = self.reader.expression(item, f"{name!r}", self._words())
            if not self.reader.name(name, spot, "a value of a run") or found is None:
                continue
            kept, known = KEPT_AS.get(found.type), self.run.get(name)
            if name in OWN:
                self.reader.wrong(spot, f"every run keeps run.{name} already")
            elif kept is None:
                self.reader.wrong(item.spot, f"a run keeps single values; {name!r} would be {article(found.type)}")
            elif known not in (None, kept):
                self.reader.wrong(item.spot, f"run.{name} is {article(str(known))}; this is {article(kept)}")
            else:
                values[name], self.run[name] = found, kept
        if len(self.run) > CONTEXT_KEPT and node is not None:
            self.reader.wrong(node.spot, f"a run keeps at most {CONTEXT_KEPT} values")
        return values

    def _split(self, node: YamlMap, place: str) -> SplitStep:
        fields = self.reader.fields(node, "a split", ("split",), ("salt", "name"))
        listed = self.reader.items(fields.get("split"), "a split")
        if len(listed) == 1:
            self.reader.wrong(listed[0].spot, "a split needs at least two arms")
        shares: list[Share] = []
        for number, item in enumerate(listed):
            of = "an arm of a split"
            kind = self._kind(item, of, _ARM_KINDS)
            inner = self._fields_of_arm(item, of, kind, ("weight",), _SHARE_FIELDS)
            weight = read_at_most(self.reader, inner.get("weight"), "weight", WEIGHT_MOST)
            shares.append(Share(weight, self._steps_of_arm(kind, inner, f"{place}.{number}.")))
        return SplitStep(place, self.reader.text(fields.get("salt"), "the salt"), tuple(shares))

    def _arms(self, nodes: Sequence[YamlNode], place: str) -> tuple[Arm, ...]:
        arms: list[Arm] = []
        otherwise = False
        for number, node in enumerate(nodes):
            if otherwise:
                self.reader.wrong(node.spot, "this arm is never reached: it stands after `otherwise`")
            arm = self._arm(node, f"{place}.{number}.")
            otherwise = otherwise or (isinstance(node, YamlMap) and "otherwise" in node.items)
            if arm is not None:
                self._check_reached(arm, arms, node)
                arms.append(arm)
        return tuple(arms)

    def _check_reached(self, arm: Arm, before: Sequence[Arm], node: YamlNode) -> None:
        """Note an arm whose condition is only true where that of an arm before it is."""
        when = arm.when
        first = next((one.when for one in before if when and one.when and implies(when, one.when)), None)
        if when is not None and first is not None and isinstance(node, YamlMap):
            message = f"this arm is never reached: where {when.text!r} is true, {first.text!r} is, and stands before"
            self.reader.wrong(node.items["when"].spot, message)

    def _arm(self, node: YamlNode, place: str) -> Arm | None:
        of = "an arm"
        kind = self._kind(node, of, _ARM_KINDS)
        if kind is None:
            return None
        fields = self._fields_of_arm(node, of, kind, (), _ARM_FIELDS)
        asks = ("when" in fields) + ("otherwise" in fields)
        if asks == 2 or (asks == 0 and not self.reader.is_misspelt(node, ("when", "otherwise"), _ARM_FIELDS)):
            self.reader.wrong(node.spot, "an arm needs either `when` or `otherwise: true`")
        otherwise = fields.get("otherwise")
        if otherwise is not None and self.reader.text(otherwise, "`otherwise`") not in ("", "true"):
            self.reader.wrong(otherwise.spot, "`otherwise` can only be true")
        instead = "write `otherwise: true`"
        when = read_asked(self.reader, fields.get("when"), "the condition of an arm", self._words(), instead)
        return Arm(when, self._steps_of_arm(kind, fields, place))

    def _fields_of_arm(
        self, node: YamlNode, of: str, kind: str | None, needs: tuple[str, ...], known: tuple[str, ...]
    ) -> dict[str, YamlNode]:
        if kind is None:
            return {}
        needed, beside = self._beside(kind)
        return self.reader.fields(node, of, (*needs, *needed), (*known, *beside))

    def _steps_of_arm(self, kind: str | None, fields: dict[str, YamlNode], place: str) -> tuple[Step, ...]:
        if kind is None:
            return ()
        if kind == "steps":
            return self.read(self.reader.items(fields.get("steps"), "steps"), place)
        self.spots[f"{place}0"] = fields[kind].spot if kind in fields else Spot("", 1, 1)
        return (self._acts().act(kind, fields, f"{place}0"),)
