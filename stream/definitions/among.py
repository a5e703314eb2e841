"""`"shoes" in top(views, 3)`: whether a key is one of the first few of a trait that is kept by key."""

from collections.abc import Sequence
from typing import Final

from stream.definitions import expressions as x

AMONG_MOST: Final = 20
"""Of how many keys one may ask whether a key is among them."""


def among_most(text: str, trait: str, key: x.Expr, given: Sequence[x.Expr]) -> x.AtKey | str:
    """Return the question, or what is wrong with it; `given` is what stands in `top(...)` after the trait."""
    if key.type != "string":
        return f"a key is a string; {key.text} is a {key.type}"
    if len(given) != 1:
        return f"say how many are meant, as in top({trait or 'views'}, 3)"
    most = given[0].value if isinstance(given[0], x.Constant) else None
    if not isinstance(most, int) or not 1 <= most <= AMONG_MOST:
        return f"a whole number from 1 to {AMONG_MOST} is needed here, not {given[0].text}"
    return x.AtKey(type="boolean", text=text, trait=trait, key=key, among=most)
