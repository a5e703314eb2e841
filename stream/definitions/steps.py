"""The steps of a journey: trigger, wait, branch, exit."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from stream.definitions.problems import nearest_field
from stream.definitions.reading import Known, Reader, Vocabulary
from stream.definitions.shapes import Arm, BranchStep, ExitStep, Step, TriggerStep, WaitStep
from stream.definitions.source import YamlMap, YamlNode

_KINDS: Final = ("trigger", "wait", "branch", "exit")
_ARM_KINDS: Final = ("trigger", "exit", "steps")
_ARM_FIELDS: Final = ("when", "otherwise", *_ARM_KINDS)


def all_steps(steps: Iterable[Step]) -> Iterator[Step]:
    """Give all steps, those in the arms of branches too."""
    for step in steps:
        yield step
        if isinstance(step, BranchStep):
            for arm in step.arms:
                yield from all_steps(arm.steps)


class StepReader(msgspec.Struct, frozen=True):
    """Reads steps. `place` is where they stand: "" in the journey itself, `2.0.` in the first arm of the third step."""

    reader: Reader
    events: Known
    actions: Known
    words: Vocabulary

    def read(self, nodes: Sequence[YamlNode], place: str = "") -> tuple[Step, ...]:
        """Read a list of steps, those that can be."""
        steps: list[Step] = []
        ended = False
        for number, node in enumerate(nodes):
            if ended:
                self.reader.wrong(node.spot, "this step is never reached: the run has ended at the step before")
            step = self._step(node, f"{place}{number}")
            ended = isinstance(step, ExitStep)
            steps += [step] if step is not None else []
        return tuple(steps)

    def _step(self, node: YamlNode, place: str) -> Step | None:
        kind = self._kind(node, "a step", _KINDS)
        if kind == "wait":
            fields = self.reader.fields(node, "a wait", ("wait",), ("if_none",))
            wait_ms = self.reader.duration(fields.get("wait"), "a wait")
            return WaitStep(place, wait_ms, self.reader.references(fields.get("if_none"), "if_none", self.events))
        if kind == "branch":
            fields = self.reader.fields(node, "a branch", ("branch",))
            return BranchStep(place, self._arms(self.reader.items(fields.get("branch"), "a branch"), place))
        if kind in ("trigger", "exit"):
            fields = self.reader.fields(node, f"{'an' if kind == 'exit' else 'a'} {kind}", (kind,))
            return self._act(kind, fields.get(kind), place)
        return None

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

    def _act(self, kind: str, node: YamlNode | None, place: str) -> Step:
        if kind == "trigger":
            return TriggerStep(place, self.reader.reference(node, self.actions))
        return ExitStep(place, self.reader.text(node, "the reason of an exit"))

    def _arms(self, nodes: Sequence[YamlNode], place: str) -> tuple[Arm, ...]:
        arms: list[Arm] = []
        otherwise = False
        for number, node in enumerate(nodes):
            if otherwise:
                self.reader.wrong(node.spot, "this arm is never reached: it stands after `otherwise`")
            arm = self._arm(node, f"{place}.{number}.")
            otherwise = otherwise or (isinstance(node, YamlMap) and "otherwise" in node.items)
            arms += [arm] if arm is not None else []
        return tuple(arms)

    def _arm(self, node: YamlNode, place: str) -> Arm | None:
        kind = self._kind(node, "an arm", _ARM_KINDS)
        if kind is None:
            return None
        fields = self.reader.fields(node, "an arm", (kind,), _ARM_FIELDS)
        asks = ("when" in fields) + ("otherwise" in fields)
        if asks == 2 or (asks == 0 and not self.reader.is_misspelt(node, ("when", "otherwise"), _ARM_FIELDS)):
            self.reader.wrong(node.spot, "an arm needs either `when` or `otherwise: true`")
        otherwise = fields.get("otherwise")
        if otherwise is not None and self.reader.text(otherwise, "`otherwise`") not in ("", "true"):
            self.reader.wrong(otherwise.spot, "`otherwise` can only be true")
        when = self.reader.condition(fields.get("when"), "the condition of an arm", self.words)
        if kind == "steps":
            return Arm(when, self.read(self.reader.items(fields.get("steps"), "steps"), place))
        return Arm(when, (self._act(kind, fields.get(kind), f"{place}0"),))
