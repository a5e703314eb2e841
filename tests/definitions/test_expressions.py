from stream.definitions import expressions as x
from stream.definitions.parsing import Scope, parse_expression

SCOPE = Scope({"n": "number", "m": "money", "t": "timestamp", "f": "boolean"}, frozenset({"vip"}))


def parsed(text: str) -> x.Expr:
    return parse_expression(text, SCOPE)


def test_children_are_the_direct_parts() -> None:
    node = parsed("n > 1 and (f or not vip)")
    first, second = x.children(node)
    assert (first.text, second.text) == ("n > 1", "f or not vip")
    assert [part.text for part in x.children(first)] == ["n", "1"]
    assert [part.text for part in x.children(second)] == ["f", "not vip"]


def test_every_kind_of_node_gives_its_parts() -> None:
    for text, parts in (
        ("1", []),
        ("n", []),
        ("cart.total", []),
        ("not f", ["f"]),
        ("known(n)", ["n"]),
        ("default(n, 0)", ["n", "0"]),
        ("n + 1", ["n", "1"]),
        ("since(t) > 1d", ["since(t)", "1d"]),
        ("f or vip or f", ["f", "vip", "f"]),
    ):
        assert [part.text for part in x.children(parsed(text))] == parts
    (since, _) = x.children(parsed("since(t) > 1d"))
    assert [part.text for part in x.children(since)] == ["t"]


def test_names_are_all_that_an_expression_reads() -> None:
    assert x.names(parsed("n > 1 and default(m, 5) > cart.total or vip and since(t) > 1d")) == {
        "n",
        "m",
        "cart",
        "vip",
        "t",
    }
    assert x.names(parsed("1 > 2")) == frozenset()
    assert x.names(parsed("cart.quantity > 0 and cart.total > 5")) == {"cart"}


def test_nodes_of_equal_text_are_equal_and_can_be_kept_in_sets() -> None:
    assert parsed("n > 1") == parsed("n > 1")
    assert len({parsed("n > 1"), parsed("n > 1"), parsed("n > 2")}) == 2
