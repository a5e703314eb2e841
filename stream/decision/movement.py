"""What time does to the parts of a condition."""

from collections.abc import Mapping

from stream.decision.readers import TraitCode
from stream.definitions import expressions as x


def movement(node: x.Expr, traits: Mapping[str, TraitCode]) -> int:
    """Rank what time does to a part: nothing (0), what leaves a window (1), or a comparison with now (2)."""
    if (
        isinstance(node, x.Since | x.DaysTo | x.Lifetime)
        or node.type in x.FADING
        or (isinstance(node, x.Rank) and node.part.type == "timestamp")
    ):
        return 2
    if isinstance(node, x.AtKey | x.Top):
        code = traits.get(node.trait)
    else:
        code = traits.get(node.name) if isinstance(node, x.Name) and node.kind == "trait" else None
    own = int(isinstance(node, x.Was) or (code is not None and code.has_window))
    return max([own, *(movement(part, traits) for part in x.children(node))])
