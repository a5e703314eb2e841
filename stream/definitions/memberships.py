"""What a condition may ask of other segments: who is in one, in which of its tiers, and who was lately."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from stream.definitions import expressions as x
from stream.definitions.problems import nearest
from stream.definitions.scopes import Scope

MEMBERSHIPS: Final[Mapping[str, int]] = {"in": 1, "was": 2}
"""`in(vip)`, `was(stage.retention, 30d)`: the functions over memberships, with the number of their arguments."""


class Wrong(NamedTuple):
    """What is wrong with a part of an expression, and the name that was probably meant."""

    message: str
    suggestion: str = ""


def in_tier(text: str, scope: Scope) -> x.Expr | Wrong:
    """Return `stage.retention`, which is `stage == "retention"`."""
    owner, _, tier = text.partition(".")
    if owner in scope.tiers:
        of = x.Name(type="string", text=owner, kind="tier", name=owner)
        named = x.Constant(type="string", text=repr(tier), value=tier)
        return no_such_tier(of, named, scope) or x.Compare(type="boolean", text=text, op="==", left=of, right=named)
    if owner in scope.segments:
        return Wrong(f"{owner} has no tiers")
    message = f"{text!r} has no meaning in a condition; only the cart has fields, and segments their tiers"
    return Wrong(message, nearest(owner, ("cart", *scope.tiers)))


def no_such_tier(of: x.Expr, named: x.Expr, scope: Scope) -> Wrong | None:
    """Return what is wrong with comparing the tier of a segment with a text, if anything."""
    tiers = scope.tiers.get(of.name) if isinstance(of, x.Name) and of.kind == "tier" else None
    if tiers is None or not isinstance(named, x.Constant) or named.value in tiers:
        return None
    return Wrong(f"{of.text} has no tier {named.value!r}", nearest(str(named.value), tiers))


def membership(text: str, of: str, scope: Scope, within: x.Expr | None) -> x.Expr | Wrong:
    """Return whether a profile is in a segment or a tier; with `within`, whether it was at any time so lately."""
    segment, dot, tier = of.partition(".")
    if of in scope.tiers:
        return Wrong(f"everyone is in {of}, which has tiers: name one, as in {of}.{scope.tiers[of][0]}")
    if of not in scope.segments and not (dot and segment in scope.segments):
        known = (*(scope.segments - scope.tiers.keys()), *scope.tiers)
        return Wrong(f"there is no segment {of!r}", nearest(segment, known))
    if dot and isinstance(found := in_tier(of, scope), Wrong):
        return found
    if within is not None:
        if not isinstance(within, x.Constant) or within.type != "duration" or not isinstance(within.value, int):
            return Wrong(f"was(...) needs a length of time, as in was({of}, 30d), not {within.text}")
        if within.value == 0:
            return Wrong(f"was({of}, {within.text}) looks at no time at all")
        return x.Was(type="boolean", text=text, segment=segment, tier=tier, within_ms=within.value)
    if dot:
        named = x.Constant(type="string", text=repr(tier), value=tier)
        left = x.Name(type="string", text=segment, kind="tier", name=segment)
        return x.Compare(type="boolean", text=text, op="==", left=left, right=named)
    return x.Name(type="boolean", text=text, kind="segment", name=of)
