"""Steps that stand for themselves, in a journey or in an arm: a trigger, a goto, an end."""

from collections.abc import Mapping
from typing import Final

import msgspec

from stream.definitions.actions import read_payload
from stream.definitions.durations import parse_duration
from stream.definitions.journey_shapes import EndStep, GotoStep, TriggerStep
from stream.definitions.picks import Payload
from stream.definitions.problems import Spot
from stream.definitions.reading import Known, Reader, Vocabulary
from stream.definitions.source import YamlNode

BESIDE: Final[Mapping[str, tuple[str, ...]]] = {"trigger": ("at", "with"), "goto": ("at_most",)}
"""The fields that may stand beside each kind; those of a `goto` are needed."""

VISITS_MOST: Final = 100
"""How often a run may go back to a step."""

_BEST: Final = "best_time within "


class ActReader(msgspec.Struct, frozen=True):
    """Reads what stands for itself; `gotos` gathers the names that a `goto` leads to, each with its place."""

    reader: Reader
    actions: Known
    words: Vocabulary
    gotos: list[tuple[str, Spot]]

    def act(self, kind: str, fields: Mapping[str, YamlNode], place: str) -> TriggerStep | GotoStep | EndStep:
        """Read a `trigger`, a `goto` or an `end`, whichever kind it is."""
        of = fields.get(kind)
        if kind == "trigger":
            action = self.reader.reference(of, self.actions)
            return TriggerStep(place, action, self._best_within_ms(fields.get("at")), self._payload(fields.get("with")))
        if kind == "goto":
            name = self.reader.text(of, "the name of a step")
            if of is not None and name:
                self.gotos.append((name, of.spot))
            at_most = read_at_most(self.reader, fields.get("at_most"), "at_most", VISITS_MOST)
            return GotoStep(place, name, at_most)
        return EndStep(place, self.reader.text(of, "the reason of an end"))

    def _payload(self, node: YamlNode | None) -> Payload:
        return read_payload(self.reader, self.reader.map(node, "`with`"), self.words)

    def _best_within_ms(self, node: YamlNode | None) -> int:
        """Read `best_time within 24h`; 0 where it does not say so."""
        text = self.reader.text(node, "`at`")
        if node is None or not text:
            return 0
        within_ms = parse_duration(text.removeprefix(_BEST)) if text.startswith(_BEST) else None
        if not within_ms:
            self.reader.wrong(node.spot, f"`at` can only be the best time within so long, not {text!r}", f"{_BEST}24h")
        return within_ms or 0


def read_at_most(reader: Reader, node: YamlNode | None, of: str, most: int) -> int:
    """Return a whole number of 1 to `most`."""
    number = reader.whole(node, of, 1)
    if node is not None and number > most:
        reader.wrong(node.spot, f"{of} can be at most {most}")
    return min(number, most)
