"""`tiers:` of a segment: named conditions in order, of which a profile is in just the first that is true."""

from typing import Final

from stream.definitions.expressions import Constant
from stream.definitions.implication import implies
from stream.definitions.reading import Reader, Vocabulary
from stream.definitions.shapes import Tier
from stream.definitions.source import YamlMap, YamlNode, YamlText

OTHERWISE: Final = "otherwise"
"""In place of a condition: the tier of all who are in no other."""

TIERS_MOST: Final = 32
"""Tiers of one segment: a profile remembers of each when it left."""


def tier_names(node: YamlNode | None) -> tuple[str, ...]:
    """Return the names of a segment's tiers, before any of them is read; nothing where it has none."""
    tiers = node.items.get("tiers") if isinstance(node, YamlMap) else None
    return tuple(tiers.items) if isinstance(tiers, YamlMap) else ()


def tier_texts(node: YamlNode) -> list[YamlText]:
    """Return the conditions of a segment's tiers as they are written."""
    tiers = node.items.get("tiers") if isinstance(node, YamlMap) else None
    found = tiers.items.values() if isinstance(tiers, YamlMap) else ()
    return [text for text in found if isinstance(text, YamlText) and text.text.strip() != OTHERWISE]


def read_tiers(reader: Reader, node: YamlNode, words: Vocabulary) -> tuple[Tier, ...]:
    """Read the tiers; those that nobody can reach are a mistake."""
    found = reader.map(node, "tiers")
    if found is None:
        return ()
    if len(found.items) < 2:
        reader.wrong(node.spot, "tiers need at least two, the last of them `otherwise`")
    if len(found.items) > TIERS_MOST:
        reader.wrong(node.spot, f"a segment has at most {TIERS_MOST} tiers, not {len(found.items)}")
    tiers: list[Tier] = []
    for name, item in found.items.items():
        reader.name(name, found.key_spots[name], "a tier")
        if tiers and tiers[-1].when is None:
            reader.wrong(found.key_spots[name], "this tier is never reached: it stands after `otherwise`")
            break
        tier = _tier(reader, name, item, words)
        if tier is None:
            return ()
        _refuse_unreachable(reader, tier, tiers, item)
        tiers.append(tier)
    if tiers and tiers[-1].when is not None:
        name = tiers[-1].name
        reader.wrong(found.items[name].spot, f"the last tier must be `{OTHERWISE}`, so that everyone is in one: {name}")
    return tuple(tiers)


def _tier(reader: Reader, name: str, node: YamlNode, words: Vocabulary) -> Tier | None:
    if isinstance(node, YamlText) and node.text.strip() == OTHERWISE:
        return Tier(name, None)
    when = reader.condition(node, "the condition of a tier", words)
    if isinstance(when, Constant):
        reader.wrong(node.spot, "this condition never changes")
    return None if when is None else Tier(name, when)


def _refuse_unreachable(reader: Reader, tier: Tier, before: list[Tier], node: YamlNode) -> None:
    for earlier in before:
        if tier.when is not None and earlier.when is not None and implies(tier.when, earlier.when):
            reader.wrong(
                node.spot,
                f"this tier is never reached: whoever meets {tier.when.text!r} meets {earlier.when.text!r},"
                f" and is in {earlier.name!r} before",
            )
            return
