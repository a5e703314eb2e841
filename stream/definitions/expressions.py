"""The nodes of a checked expression. Every node knows its type and its source text."""

from typing import Final, Literal

import msgspec

from stream.definitions.seasons import Season
from stream.model.events import Scalar

ValueType = Literal[
    "number",
    "money",
    "string",
    "boolean",
    "timestamp",
    "duration",
    "items",
    "set",
    "number by key",
    "money by key",
    "duration by key",
    "fading number",
    "fading money",
    "fading duration",
    "fading number by key",
    "fading money by key",
    "fading duration by key",
]
FADING: Final = frozenset({"fading number", "fading money", "fading duration"})
"""What is less with every moment, and so can only be compared with what stands still."""

Comparator = Literal["==", "!=", "<", "<=", ">", ">="]
Operator = Literal["+", "-", "*", "/"]
Expected = Literal["p_alive", "expected_purchases", "expected_order_value", "clv"]
NameKind = Literal["trait", "segment", "tier", "cart", "property", "identity", "run"]
LocalPart = Literal["weekday", "hour", "month"]


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """What all nodes have. `text` is the source, for explanations."""

    type: ValueType
    text: str


class Constant(Node, frozen=True, kw_only=True):
    """A literal; durations in milliseconds, money in minor units of the shop's currency."""

    value: Scalar


class Name(Node, frozen=True, kw_only=True):
    """A trait, a segment (a boolean), a property of the cart (`cart.total`) or what the user says of themselves.

    Of a segment with tiers (kind `tier`): the name of the one the profile is in. Of an occurrence: a property of its
    event. Of a run (`run.total`): a value of its context.
    """

    kind: NameKind
    name: str


class Compare(Node, frozen=True, kw_only=True):
    """A comparison; unknown where either side is."""

    op: Comparator
    left: "Expr"
    right: "Expr"


class Logic(Node, frozen=True, kw_only=True):
    """`and` / `or` of two or more parts, in Kleene's logic."""

    op: Literal["and", "or"]
    parts: tuple["Expr", ...]


class Not(Node, frozen=True, kw_only=True):
    """Negation; the negation of unknown is unknown."""

    part: "Expr"


class Arithmetic(Node, frozen=True, kw_only=True):
    """`+ - * /`; unknown where either side is, or where the divisor is zero."""

    op: Operator
    left: "Expr"
    right: "Expr"


class Since(Node, frozen=True, kw_only=True):
    """The time since a timestamp (`direction` 1) or until it (-1); unknown where the timestamp is."""

    moment: "Expr"
    direction: Literal[1, -1]


class Known(Node, frozen=True, kw_only=True):
    """Whether a value is known; itself never unknown."""

    part: "Expr"


class Default(Node, frozen=True, kw_only=True):
    """A value, or another where it is unknown."""

    part: "Expr"
    otherwise: "Expr"


class AtKey(Node, frozen=True, kw_only=True):
    """What a trait that is kept by key holds of one key (`views[cart.dearest_item]`); unknown where the key is.

    Of a set: whether the key is in it (`"editor" in features`). With `among`: whether it is one of so many keys that it
    holds most of (`"shoes" in top(views, 3)`).
    """

    trait: str
    key: "Expr"
    among: int = 0


class Top(Node, frozen=True, kw_only=True):
    """The key of which a trait that is kept by key holds most; unknown where it holds none."""

    trait: str


class Was(Node, frozen=True, kw_only=True):
    """Whether a profile was in a segment (or, where it has some, in a tier of it) at any time within the last while.

    Who is inside was; who left did so less than `within_ms` ago. Nothing is unknown about it.
    """

    segment: str
    tier: str
    within_ms: int


class DaysTo(Node, frozen=True, kw_only=True):
    """Whole days until a date comes round again in the user's time zone, 0 on the day; unknown where it is no date."""

    date: "Expr"


class Rank(Node, frozen=True, kw_only=True):
    """Where a trait's value stands among frozen cut points: `least` and one more for each that lies below it.

    `cuts` ascend, in the unit the trait is kept in. Those of a timestamp part how long ago it was, and the latest rank
    highest. Unknown where the value is, or where there are no cut points yet.
    """

    part: Name
    cuts: tuple[float, ...] | None
    least: int


class OrderValue(msgspec.Struct, frozen=True):
    """Gamma-Gamma: how orders vary within a customer (p) and among customers (q, v in minor units)."""

    p: float
    q: float
    v_minor: float


class PurchaseModel(msgspec.Struct, frozen=True, kw_only=True):
    """BG/NBD: how rates of ordering vary among customers (r, alpha in days), and chances of staying away (a, b).

    `reads` names the traits that are a customer's `count` of orders, the `first`, the `last` and their `sum`.
    """

    r: float
    alpha: float
    a: float
    b: float
    reads: dict[str, str]
    order_value: OrderValue | None = None


class Lifetime(Node, frozen=True, kw_only=True):
    """What a model expects of a customer, over so many `days` to come; unknown of who has not ordered.

    `parts` are the traits the model reads. Unknown where there is no model yet.
    """

    expected: Expected
    days: float
    model: PurchaseModel | None
    parts: tuple[Name, ...]


class LocalTime(Node, frozen=True, kw_only=True):
    """The local weekday or month (by name) or hour (0 to 23) of a time; unknown where the time is."""

    part: LocalPart
    moment: "Expr"


class During(Node, frozen=True, kw_only=True):
    """Whether the local day of a time lies in a season of the calendar; unknown where the time is."""

    moment: "Expr"
    season: Season


class OneOf(Node, frozen=True, kw_only=True):
    """Whether a value is one of some constants; unknown where the value is."""

    part: "Expr"
    values: tuple[Constant, ...]


OfTime = Since | DaysTo | LocalTime | During | Was
OfOne = Not | Known | Default | Rank | OneOf
Expr = Constant | Name | Compare | Logic | Arithmetic | AtKey | Top | OfTime | OfOne | Lifetime


ZONE: Final = "timezone"
"""The property of `identify` that holds the user's time zone, by its name in the time zone database."""

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)


def children(node: Expr) -> tuple[Expr, ...]:
    """Return the direct parts of a node."""
    match node:
        case Compare() | Arithmetic():
            return (node.left, node.right)
        case Logic() | Lifetime():
            return node.parts
        case Not() | Known() | OneOf() | Rank():
            return (node.part,)
        case Default():
            return (node.part, node.otherwise)
        case Since() | LocalTime() | During():
            return (node.moment,)
        case AtKey():
            return (node.key,)
        case DaysTo():
            return (node.date,)
        case _:
            return ()


def names(node: Expr) -> frozenset[str]:
    """Return the names an expression reads: traits, segments, and `cart` for any property of the cart."""
    if isinstance(node, Name):
        return frozenset() if node.kind == "run" else frozenset({"cart" if node.kind == "cart" else node.name})
    if isinstance(node, Was):
        return frozenset({node.segment})
    is_local = isinstance(node, DaysTo | LocalTime | During)
    own = frozenset({node.trait} if isinstance(node, AtKey | Top) else {ZONE} if is_local else ())
    return own.union(*map(names, children(node)))
