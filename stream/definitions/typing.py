"""Types of expressions: from Python's syntax tree to our nodes, refusing all that has no meaning here."""

import ast
from typing import Final

from stream.definitions import expressions as x
from stream.definitions.among import among_most
from stream.definitions.lifetimes import ARGUMENTS, LIFETIMES, beyond_chance, lifetime
from stream.definitions.memberships import MEMBERSHIPS, membership
from stream.definitions.named_values import TYPES as LOCAL
from stream.definitions.named_values import constant, never_met, timely
from stream.definitions.names import OF_A_KEY, field, named
from stream.definitions.operators import COMPARATORS, OPERATORS, arithmetic_type, comparable
from stream.definitions.problems import nearest
from stream.definitions.ranking import RANKINGS, beyond_rank, ranked
from stream.definitions.refusing import Refusing
from stream.definitions.slips import described, function_slip
from stream.model.money import minor_units

_TIMES: Final = {"since": 1, "until": 1, "days_to": 1, "weekday": 1, "hour": 1, "month": 1, "during": 2}
FUNCTIONS: Final[dict[str, int]] = {
    "known": 1,
    "default": 2,
    "top": 1,
    **_TIMES,
    **dict.fromkeys(RANKINGS, 1),
    **MEMBERSHIPS,
    **ARGUMENTS,
}
"""How many arguments each function takes."""

CONSTANTS: Final = {"true": True, "false": False}


class Typer(Refusing):
    """Turns one syntax tree into typed nodes."""

    def typed(self, node: ast.expr) -> x.Expr:
        """Return the checked node; raises `TypeMismatch`."""
        match node:
            case ast.BoolOp():
                return self._logic(node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.BinOp():
                return self._arithmetic(node)
            case ast.Compare():
                return self._comparison(node)
            case ast.Call():
                return self._call(node)
            case ast.Constant():
                return self._constant(node)
            case ast.Name():
                return self._name(node)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Subscript():
                return self._at_key(node)
            case _:
                comma = "a comma has no meaning here; a number is written without, as in 1000 or 12.50"
                unknown = f"{self._text(node)!r} has no meaning in a condition"
                self._refuse(node, comma if isinstance(node, ast.Tuple) else unknown)

    def _value(self, node: ast.expr) -> x.Expr:
        """Type a part whose value is used; `since` is only for comparing, so that its moment of change is known."""
        part = self.typed(node)
        if isinstance(part, x.Since):
            self._refuse(node, f"compare {part.text} directly with a duration, as in since(t) >= 7d")
        if part.type in x.FADING:
            self._refuse(node, f"compare {part.text} directly with a number, as in {part.text} >= 2: it fades")
        return part

    def _condition(self, node: ast.expr) -> x.Expr:
        part = self._value(node)
        if part.type != "boolean":
            self._refuse(node, f"{part.text!r} is {described(part)}, but a condition is needed here")
        return part

    def _logic(self, node: ast.BoolOp) -> x.Expr:
        parts = tuple(self._condition(part) for part in node.values)
        return x.Logic(
            type="boolean", text=self._text(node), op="and" if isinstance(node.op, ast.And) else "or", parts=parts
        )

    def _unary(self, node: ast.UnaryOp) -> x.Expr:
        if isinstance(node.op, ast.Not):
            return x.Not(type="boolean", text=self._text(node), part=self._condition(node.operand))
        if isinstance(node.op, ast.USub):
            part = self._value(node.operand)
            if isinstance(part, x.Constant) and part.type == "number" and isinstance(part.value, int | float):
                return x.Constant(type="number", text=self._text(node), value=-part.value)
        self._refuse(node, f"{self._text(node)!r} has no meaning in a condition")

    def _arithmetic(self, node: ast.BinOp) -> x.Expr:
        left, right = self._value(node.left), self._value(node.right)
        operator = OPERATORS.get(type(node.op))
        if operator in ("+", "-"):
            left, right = self._as_money(left, right), self._as_money(right, left)
        result = arithmetic_type(operator, left.type, right.type) if operator else None
        if operator is None or result is None:
            if operator is None:
                self._refuse(node, f"{self._text(node)!r} has no meaning: numbers are computed with + - * /")
            types = f"{left.text} is {described(left)}, {right.text} is {described(right)}"
            self._refuse(node, f"{self._text(node)!r} does not combine: {types}")
        return x.Arithmetic(type=result, text=self._text(node), op=operator, left=left, right=right)

    def _comparison(self, node: ast.Compare) -> x.Expr:
        sides = [node.left, *node.comparators]
        parts = tuple(self._compare(node, i, sides[i], sides[i + 1]) for i in range(len(node.ops)))
        return parts[0] if len(parts) == 1 else x.Logic(type="boolean", text=self._text(node), op="and", parts=parts)

    def _compare(self, node: ast.Compare, place: int, left_node: ast.expr, right_node: ast.expr) -> x.Expr:
        if isinstance(node.ops[place], ast.In | ast.NotIn) and len(node.ops) == 1:
            found = self._contained(node, left_node, right_node)
            is_plain = isinstance(node.ops[0], ast.In)
            return found if is_plain else x.Not(type="boolean", text=self._text(node), part=found)
        operator = COMPARATORS.get(type(node.ops[place]))
        if operator is None:
            self._refuse(node, f"{self._text(node)!r}: compare with == != < <= > >=; known(x) asks for a value")
        left, right = self.typed(left_node), self.typed(right_node)
        if isinstance(left, x.Since) and isinstance(right, x.Since):
            self._refuse(node, "one side of a comparison with since(...) or until(...) must stand still")
        left, right = self._as_money(left, right), self._as_money(right, left)
        wrong, side = comparable(operator, left, right)
        if wrong := wrong or beyond_rank(left, right) or beyond_chance(left, right):
            self._refuse(right_node if side is right else left_node, wrong)
        self._refuse_if(right_node, never_met(left, right, self._scope))
        self._refuse_if(left_node, never_met(right, left, self._scope))
        whole = self._text(node) if len(node.ops) == 1 else ""
        text = whole or self._source[left_node.col_offset : right_node.end_col_offset]
        return x.Compare(type="boolean", text=text, op=operator, left=left, right=right)

    def _contained(self, node: ast.Compare, left_node: ast.expr, right_node: ast.expr) -> x.Expr:
        """Type `"editor" in features`, where the trait on the right is a set of texts, or `plan in ("a", "b")`."""
        if isinstance(right_node, ast.Tuple):
            return self._one_of(node, left_node, right_node.elts)
        trait, part = self._text(right_node), self._value(left_node)
        if isinstance(right_node, ast.Call) and self._text(right_node.func) == "top":
            return self._among(part, right_node)
        if self._scope.traits.get(trait) != "set" or self._scope.event:
            if isinstance(right_node, ast.Name) and trait not in self._scope.traits:
                self._name(right_node)
            if isinstance(right_node, ast.List | ast.Tuple):
                left = self._text(left_node)
                self._refuse(right_node, f"there are no lists here: write {left} == 'a' or {left} == 'b'")
            self._refuse(right_node, f"{trait} is no set, as a trait is that has 'set'")
        if part.type != "string":
            self._refuse(left_node, f"a set holds strings; {part.text} is a {part.type}")
        # Where it is negated, what is negated is explained.
        text = self._text(node) if isinstance(node.ops[0], ast.In) else f"{part.text} in {trait}"
        return x.AtKey(type="boolean", text=text, trait=trait, key=part)

    def _one_of(self, node: ast.Compare, left_node: ast.expr, nodes: list[ast.expr]) -> x.Expr:
        part, values = self._value(left_node), list[x.Constant]()
        if isinstance(part, x.Constant):
            self._refuse(left_node, f"{part.text} is a constant: ask of what may change")
        for item in nodes:
            value = self._as_money(self._value(item), part)
            if not isinstance(value, x.Constant) or value.type != part.type:
                self._refuse(item, f"{value.text} is no constant of the type of {part.text}, a {part.type}")
            self._refuse_if(item, never_met(part, value, self._scope))
            values.append(value)
        if not values:
            self._refuse(node, f"{self._text(node)!r}: name what it may be, as in ('a', 'b')")
        listed = self._text(node.comparators[0])
        return x.OneOf(type="boolean", text=f"{part.text} in {listed}", part=part, values=tuple(values))

    def _among(self, part: x.Expr, top: ast.Call) -> x.Expr:
        given = [self._value(arg) for arg in (*top.args[1:], *(named.value for named in top.keywords))]
        trait = self._kept_by_key(top.args[0]) if top.args else ""
        return self._right(top, among_most(f"{part.text} in {self._text(top)}", trait, part, given))

    def _as_money(self, part: x.Expr, beside: x.Expr) -> x.Expr:
        """A bare number beside money means the shop's currency."""
        if beside.type in ("money", "fading money") and isinstance(part, x.Constant) and part.type == "number":
            return x.Constant(type="money", text=part.text, value=minor_units(float(part.value), self._scope.currency))
        return part

    def _call(self, node: ast.Call) -> x.Expr:
        name = self._text(node.func)
        if name not in FUNCTIONS:
            self._refuse(node, function_slip(name), nearest(name, FUNCTIONS))
        count = FUNCTIONS[name]
        if node.keywords or len(node.args) != count:
            self._refuse(node, f"{name}(...) takes {count or 'no'} argument{'s' if count > 1 else ''}")
        return self._function(node, name)

    def _function(self, node: ast.Call, name: str) -> x.Expr:
        text = self._text(node)
        if name == "top":
            return x.Top(type="string", text=text, trait=self._kept_by_key(node.args[0]))
        if name in MEMBERSHIPS and not self._scope.event:
            within = self._value(node.args[1]) if name == "was" else None
            return self._right(node, membership(text, self._text(node.args[0]), self._scope, within))
        if name in LIFETIMES:
            horizon = self._value(node.args[0]) if node.args else None
            return self._right(node, lifetime(name, text, horizon, self._scope))
        part = self._value(node.args[0])
        if name == "known":
            return x.Known(type="boolean", text=text, part=part)
        if name == "default":
            return self._default(node, part)
        return self._local(node, name, part) if name in (*LOCAL, "during") else self._of_profile(node, name, part)

    def _of_profile(self, node: ast.Call, name: str, part: x.Expr) -> x.Expr:
        """Type a function that is asked again as time goes by, or of what is known of all."""
        text = self._text(node)
        if self._scope.event:
            self._refuse(node, f"{name}(...) has no meaning in a condition on {self._scope.event}: it is asked once")
        if name in RANKINGS:
            return self._right(node.args[0], ranked(name, text, part, self._scope))
        if name == "days_to" and part.type in ("string", "timestamp"):
            return x.DaysTo(type="number", text=text, date=part)
        if part.type != "timestamp":
            self._refuse(node.args[0], f"{name}(...) needs a time; {part.text} is a {part.type}")
        return x.Since(type="duration", text=text, moment=part, direction=1 if name == "since" else -1)

    def _local(self, node: ast.Call, name: str, moment: x.Expr) -> x.Expr:
        """Type what the user's calendar and clock say of a time."""
        seasons, season = self._scope.seasons, self._text(node.args[1]) if name == "during" else ""
        if season and season not in seasons:
            self._refuse(node.args[1], f"there is no season {season!r} in calendar.yaml", nearest(season, seasons))
        return self._right(node.args[0], timely(name, self._text(node), moment, seasons.get(season)))

    def _default(self, node: ast.Call, part: x.Expr) -> x.Expr:
        otherwise = self._as_money(self._value(node.args[1]), part)
        if otherwise.type != part.type:
            self._refuse(node.args[1], f"{part.text} is a {part.type}, its default {otherwise.text} a {otherwise.type}")
        return x.Default(type=part.type, text=self._text(node), part=part, otherwise=otherwise)

    def _constant(self, node: ast.Constant) -> x.Expr:
        return self._right(node, constant(self._text(node), node.value))

    def _name(self, node: ast.Name) -> x.Expr:
        text = self._text(node)
        if node.col_offset in self._durations:
            return x.Constant(type="duration", text=text, value=self._durations[node.col_offset])
        if text in CONSTANTS:
            return x.Constant(type="boolean", text=text, value=CONSTANTS[text])
        return self._right(node, named(text, self._scope))

    def _at_key(self, node: ast.Subscript) -> x.Expr:
        trait, key = self._kept_by_key(node.value), self._value(node.slice)
        if key.type != "string":
            self._refuse(node.slice, f"a key is a string; {key.text} is a {key.type}")
        return x.AtKey(type=OF_A_KEY[self._scope.traits[trait]], text=self._text(node), trait=trait, key=key)

    def _kept_by_key(self, node: ast.expr) -> str:
        """Return the name of a trait that is kept by key."""
        name = self._text(node)
        if self._scope.traits.get(name) not in OF_A_KEY:
            if isinstance(node, ast.Name) and not self._scope.event:
                self.typed(node)
            self._refuse(node, f"{name} is not kept by key, as a trait is that has 'by'")
        return name

    def _attribute(self, node: ast.Attribute) -> x.Expr:
        return self._right(node, field(self._text(node), self._text(node.value), node.attr, self._scope))
