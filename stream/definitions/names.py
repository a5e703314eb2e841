"""What a name in an expression stands for: a trait, a property, a segment or its tier, a field of the cart."""

from collections.abc import Mapping
from typing import Final

from stream.definitions import expressions as x
from stream.definitions.memberships import Wrong, in_tier
from stream.definitions.problems import nearest
from stream.definitions.scopes import CART, Scope

OF_A_KEY: Final[Mapping[x.ValueType, x.ValueType]] = {
    "number by key": "number",
    "money by key": "money",
    "duration by key": "duration",
    "fading number by key": "fading number",
    "fading money by key": "fading money",
    "fading duration by key": "fading duration",
}
"""Of what is kept by key, the type of what it holds of one."""


def named(text: str, scope: Scope) -> x.Expr | Wrong:
    """Return what a plain name stands for; or return what is wrong with it."""
    if text in scope.traits:
        return _trait(text, scope)
    if text in scope.tiers:
        return x.Name(type="string", text=text, kind="tier", name=text)
    if text in scope.segments:
        return x.Name(type="boolean", text=text, kind="segment", name=text)
    return Wrong(scope.no_such_name(text), nearest(text, scope.names()))


def _trait(text: str, scope: Scope) -> x.Expr | Wrong:
    found = scope.traits[text]
    if found == "set":
        return Wrong(f"{text} is a set: write 'VALUE' in {text}")
    if found in OF_A_KEY:
        return Wrong(f"{text} is kept by key: write {text}[KEY] or top({text})")
    kind: x.NameKind = "property" if scope.event else "trait"
    return x.Name(type=found, text=text, kind="identity" if text in scope.identity else kind, name=text)


def field(text: str, owner: str, name: str, scope: Scope) -> x.Expr | Wrong:
    """Return what `owner.name` stands for, as `cart.total` or `stage.retention`; or return what is wrong with it."""
    if scope.event:
        return Wrong(f"{text!r} has no meaning in a condition on {scope.event}: name its properties")
    if owner == "run":
        return _of_run(text, name, scope)
    if owner == "event":
        return Wrong(f"{text} is of the event that starts a run: only `key` and `capture` name it, with nothing beside")
    if owner != "cart":
        if scope.elsewhere.get(owner) == "an event":
            return Wrong(f"{text} is of an event: a trait gathers it, as in {{sum: {text}, within: 7d}}")
        return in_tier(text, scope)
    if name not in CART:
        near = nearest(name, CART)
        return Wrong(f"the cart has no {name!r}", f"cart.{near}" if near else "")
    return x.Name(type=CART[name], text=text, kind="cart", name=name)


def _of_run(text: str, name: str, scope: Scope) -> x.Expr | Wrong:
    if not scope.run:
        return Wrong(f"{text!r} has no meaning here: only the steps and `exit_when` of a journey have a run")
    if name not in scope.run:
        near = nearest(name, scope.run)
        return Wrong(f"the run keeps no {name!r}: `capture` or a `set` before keeps it", f"run.{near}" if near else "")
    return x.Name(type=scope.run[name], text=text, kind="run", name=name)
