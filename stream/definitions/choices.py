"""The `choose` step: several actions, of which the policy picks one."""

from typing import Final

import msgspec

from stream.definitions.choosing import FEATURES_MOST, LEARNING, ChoosePolicy, ChooseRule, Feature
from stream.definitions.expressions import Expr, Since
from stream.definitions.journey_shapes import ChooseStep
from stream.definitions.reading import Known, Reader, Vocabulary, article
from stream.definitions.source import YamlMap, YamlNode

FIELDS: Final = ("policy", "explore", "alpha", "features", "name")
_POLICIES: Final[tuple[ChoosePolicy, ...]] = ("fixed", "best_channel", "thompson", "linucb")
_EXPLORE: Final = 500
"""Of 10,000 choices, where a policy learns and nothing else is said: enough to keep measuring every action."""


class ChoiceReader(msgspec.Struct, frozen=True):
    """Reads `choose` steps; `words` are what features may name."""

    reader: Reader
    actions: Known
    words: Vocabulary

    def read(self, node: YamlMap, place: str) -> ChooseStep:
        """Read one step."""
        reader = self.reader
        fields = reader.fields(node, "a choice", ("choose",), FIELDS)
        actions = [reader.reference(item, self.actions) for item in reader.items(fields.get("choose"), "choose")]
        for number, item in enumerate(reader.items(fields.get("choose"), "choose") if len(actions) > 1 else ()):
            if actions[number] in actions[:number]:
                reader.wrong(item.spot, f"{actions[number]!r} stands twice in choose")
        if len(actions) == 1:
            reader.wrong(fields["choose"].spot, "a choice needs at least two actions; of one, write `trigger`")
        named = reader.one_of(fields.get("policy"), "policy", _POLICIES)
        policy = next(policy for policy in _POLICIES if policy == named)
        learns = policy in LEARNING
        explore = reader.share(fields.get("explore"), "explore")
        for field, asks in (("alpha", policy == "linucb"), ("features", policy == "linucb")):
            if field in fields and not asks:
                reader.wrong(node.key_spots[field], f"{field!r} is for the policy linucb")
        features = self._features(fields.get("features"))
        if policy == "linucb" and not features:
            reader.wrong(node.spot, "linucb chooses by `features`, and none are given")
        alpha = reader.number(fields.get("alpha"), "alpha")
        if alpha is not None and alpha <= 0:
            reader.wrong(fields["alpha"].spot, "alpha must be more than 0")
        rule = ChooseRule(
            policy,
            (explore if explore is not None else _EXPLORE * learns) / 10_000,
            1.0 if alpha is None else alpha,
            tuple(Feature(name) for name in features),
        )
        return ChooseStep(place, tuple(actions), rule, tuple(features.values()))

    def _features(self, node: YamlNode | None) -> dict[str, Expr]:
        root = self.reader.map(node, "features")
        found: dict[str, Expr] = {}
        for name, item in root.items.items() if root is not None else ():
            feature = self.reader.expression(item, f"{name!r}", self.words)
            if feature is None:
                continue
            if isinstance(feature, Since) or feature.type not in ("number", "boolean"):
                said = f"a feature is a number, best between -1 and 1; {feature.text} is {article(feature.type)}"
                self.reader.wrong(item.spot, said)
            found[name] = feature
        if len(found) > FEATURES_MOST and node is not None:
            self.reader.wrong(node.spot, f"a choice looks at most at {FEATURES_MOST} features")
        return found
