"""`actions.yaml`: what journeys can do, over which channel, for which purposes, with what payload."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from stream.definitions.asked import read_asked
from stream.definitions.entering import KEPT_AS
from stream.definitions.expressions import Constant, Expr, Since
from stream.definitions.picks import Payload
from stream.definitions.policy_shapes import Action
from stream.definitions.problems import nearest
from stream.definitions.reading import Known, Reader, Vocabulary, article
from stream.definitions.source import YamlMap, YamlNode, YamlText

_VALID_FOR_MS: Final = 24 * 3_600_000
_NEEDS: Final = ("channel", "purpose", "template")
_MAY_HAVE: Final = (
    *("valid_for", "payload", "plain_payload", "tags", "tier", "value", "chance", "weight"),
    *("eligible", "applicable", "suitable", "needs", "fallback", "transactional", "counts", "withdrawn_on_exit"),
)


def known_actions(node: YamlNode | None, *, complete: bool) -> Known:
    """Return the names of all actions, those among them with mistakes too."""
    readable = node is None or isinstance(node, YamlMap)
    return Known("an action", tuple(node.items) if isinstance(node, YamlMap) else (), complete and readable)


def read_actions(reader: Reader, node: YamlNode | None, words: Vocabulary, tiers: Sequence[str]) -> dict[str, Action]:
    """Read all actions; `tiers` are those of the policy, the most important first."""
    root = reader.map(node, "actions.yaml")
    if root is None:
        return {}
    for name in root.items:
        reader.name(name, root.key_spots[name], "an action")
    reading = _ActionReader(reader, words, tuple(tiers), known_actions(node, complete=True))
    found = {name: reading.read(name, item) for name, item in root.items.items()}
    for name, action in found.items():
        _check_fallbacks(reader, found, action, root.items[name])
    return found


class _ActionReader(msgspec.Struct, frozen=True):
    """Reads one action after the other."""

    reader: Reader
    words: Vocabulary
    tiers: tuple[str, ...]
    actions: Known

    def read(self, name: str, node: YamlNode) -> Action:
        """Read one action."""
        reader = self.reader
        fields = reader.fields(node, "an action", _NEEDS, _MAY_HAVE)
        transactional = reader.flag(fields.get("transactional"), "transactional")
        if "counts" in fields and not transactional and isinstance(node, YamlMap):
            reader.wrong(node.key_spots["counts"], "'counts' is for what is transactional: all else counts anyway")
        plain = fields.get("plain_payload")
        return Action(
            name=name,
            channel=reader.text(fields.get("channel"), "the channel"),
            purposes=self._texts(fields.get("purpose"), "the purpose"),
            template=reader.text(fields.get("template"), "the template"),
            valid_for_ms=reader.duration(fields.get("valid_for"), "valid_for", default_ms=_VALID_FOR_MS),
            payload=self._payload(fields.get("payload")),
            plain_payload=self._payload(plain) if plain is not None else None,
            tags=frozenset(self._texts(fields.get("tags"), "a tag")),
            tier=self._tier(fields.get("tier")),
            weight=self._weight(fields.get("weight")),
            value=self._value(fields.get("value")),
            chance=self._chance(fields.get("chance")),
            eligible=read_asked(reader, fields.get("eligible"), "eligible", self.words),
            applicable=read_asked(reader, fields.get("applicable"), "applicable", self.words),
            suitable=read_asked(reader, fields.get("suitable"), "suitable", self.words),
            needs=self._needs(fields.get("needs")),
            fallback=reader.reference(fields.get("fallback"), self.actions),
            is_transactional=transactional,
            counts=reader.flag(fields.get("counts"), "counts") if "counts" in fields else not transactional,
            withdrawn_on_exit=reader.flag(fields.get("withdrawn_on_exit"), "withdrawn_on_exit"),
        )

    def _texts(self, node: YamlNode | None, of: str) -> tuple[str, ...]:
        """Read one text, or a list of some."""
        if node is None or isinstance(node, YamlText):
            return tuple(filter(None, [self.reader.text(node, of)]))
        found: list[str] = []
        for item in self.reader.items(node, of):
            name = self.reader.text(item, of)
            if name in found:
                self.reader.wrong(item.spot, f"{name!r} stands here twice")
            found += [name] if name else []
        return tuple(found)

    def _tier(self, node: YamlNode | None) -> int:
        """Return the place of a tier; what names none comes last."""
        if node is None:
            return len(self.tiers)
        if not self.tiers:
            self.reader.wrong(node.spot, "policy.yaml names no `tiers`: list them there, the most important first")
            return 0
        name = self.reader.reference(node, Known("a tier", self.tiers))
        return self.tiers.index(name) if name in self.tiers else 0

    def _weight(self, node: YamlNode | None) -> float:
        weight = self.reader.number(node, "weight")
        if node is not None and weight is not None and weight <= 0:
            self.reader.wrong(node.spot, "weight must be more than 0")
        return 1.0 if weight is None else weight

    def _chance(self, node: YamlNode | None) -> Expr | None:
        found = self.reader.expression(node, "chance", self.words)
        if node is not None and found is not None and (isinstance(found, Since) or found.type != "number"):
            self.reader.wrong(node.spot, f"a chance is a number from 0 to 1; {found.text} is {article(found.type)}")
        elif node is not None and isinstance(found, Constant) and not 0 <= float(found.value) <= 1:
            self.reader.wrong(node.spot, f"a chance is a number from 0 to 1, not {found.text}")
        return found

    def _value(self, node: YamlNode | None) -> Expr | None:
        found = self.reader.expression(node, "value", self.words)
        if node is None or found is None:
            return None
        if isinstance(found, Since) or KEPT_AS.get(found.type) not in ("number", "money"):
            self.reader.wrong(node.spot, f"a value is a number or money; {found.text} is {article(found.type)}")
        return found

    def _needs(self, node: YamlNode | None) -> tuple[str, ...]:
        """Read what identify must have told."""
        found: list[str] = []
        for item in self.reader.items(node, "needs"):
            name = self.reader.text(item, "a property of identify")
            if name in found:
                self.reader.wrong(item.spot, f"{name!r} stands twice in needs")
            elif name and name not in self.words.identity and self.words.complete:
                near = nearest(name, self.words.identity)
                self.reader.wrong(item.spot, f"identify has no property {name!r}", near)
            found += [name] if name else []
        return tuple(sorted(set(found)))

    def _payload(self, node: YamlNode | None) -> Payload:
        return read_payload(self.reader, self.reader.map(node, "a payload"), self.words)


def read_payload(reader: Reader, root: YamlMap | None, words: Vocabulary) -> Payload:
    """Return the values of a payload, by field."""
    listed = root.items.items() if root is not None else ()
    found = {name: reader.payload_value(item, f"{name!r}", words) for name, item in listed}
    return {name: value for name, value in found.items() if value is not None}


def _check_fallbacks(reader: Reader, actions: Mapping[str, Action], action: Action, node: YamlNode) -> None:
    """Note actions whose fallbacks lead back to them, at the first of them."""
    seen, after = [action.name], action.fallback
    while after in actions and after not in seen:
        seen.append(after)
        after = actions[after].fallback
    if after != action.name or not isinstance(node, YamlMap):
        return
    order = list(actions)
    if min(seen, key=order.index) == action.name:
        circle = " -> ".join((*seen, after))
        wrong = "this falls back on itself" if len(seen) == 1 else f"these fall back on each other: {circle}"
        reader.wrong(node.items["fallback"].spot, wrong)
