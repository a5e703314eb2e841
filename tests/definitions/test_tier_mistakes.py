"""Mistakes about tiers, each with one line at its place."""

import pytest

from tests.definitions.config_text import edited, loaded, problems

STAGE = """\
describe: How far they have come.
tiers:
  retention: orders >= 2
  purchase: orders >= 1
  looking: views_7d >= 1
  new: otherwise
"""


def changed(old: str, new: str) -> dict[str, str]:
    assert STAGE.count(old) == 1
    return {"segments/stage.yaml": STAGE.replace(old, new)}


def beside(text: str, file: str = "segments/other.yaml") -> dict[str, str]:
    return {"segments/stage.yaml": STAGE, file: text}


def test_tiers_come_in_the_order_written() -> None:
    stage = loaded({"segments/stage.yaml": STAGE}).segments["stage"]
    assert [tier.name for tier in stage.tiers] == ["retention", "purchase", "looking", "new"]
    assert stage.tiers[-1].when is None


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "  new: otherwise\n",
            "",
            "5:12: the last tier must be `otherwise`, so that everyone is in one: looking",
        ),
        (
            "looking: views_7d >= 1",
            "looking: otherwise",
            "6:3: this tier is never reached: it stands after `otherwise`",
        ),
        (
            "looking: views_7d >= 1",
            "looking: orders >= 3",
            "5:12: this tier is never reached: whoever meets 'orders >= 3' meets 'orders >= 2',"
            " and is in 'retention' before",
        ),
        (
            "looking: views_7d >= 1",
            "looking: views_7d >= 1 and orders == 1",
            "5:12: this tier is never reached: whoever meets 'views_7d >= 1 and orders == 1' meets 'orders >= 1',"
            " and is in 'purchase' before",
        ),
        (
            "looking: views_7d >= 1",
            "looking: orders  >=  1",
            "5:12: this tier is never reached: whoever meets 'orders  >=  1' meets 'orders >= 1',"
            " and is in 'purchase' before",
        ),
        ("orders >= 2", "order >= 2", "3:14: there is no trait or segment 'order' (did you mean 'orders'?)"),
        ("orders >= 2", "orders", "3:14: the condition of a tier must be true or false, but 'orders' is a number"),
        ("orders >= 2", "true", "3:14: this condition never changes"),
        ("retention:", "in:", "3:3: 'in' cannot name a tier: it has a meaning in expressions"),
        (
            "retention:",
            "Retention:",
            "3:3: 'Retention' cannot name a tier: use lower-case letters, digits and _ (did you mean 'retention'?)",
        ),
        ("retention:", "purchase:", "4:3: 'purchase' stands twice; the first is in line 3"),
        ("tiers:", "when: orders > 1\ntiers:", "2:1: 'when' has no meaning beside 'tiers'"),
        ("tiers:", "exit: orders > 1\ntiers:", "2:1: 'exit' has no meaning beside 'tiers'"),
        ("tiers:", "teirs:", "2:1: a segment has no field 'teirs' (did you mean 'tiers'?)"),
        ("orders >= 2", 'stage == "purchase"', "3:14: 'stage' reads itself"),
    ],
)
def test_a_mistake_gives_one_line_at_its_place(old: str, new: str, problem: str) -> None:
    assert problems(changed(old, new)) == [f"segments/stage.yaml:{problem}"]


@pytest.mark.parametrize(
    ("tiers", "problem"),
    [
        ("tiers: {a: otherwise}\n", "1:8: tiers need at least two, the last of them `otherwise`"),
        ("tiers: [a, b]\n", "1:8: tiers needs fields, as in `name: value`, not a list"),
        ("tiers:\n", "1:1: 'tiers' has no value"),
        (
            "tiers:\n" + "".join(f"  t{n}: orders == {n}\n" for n in range(32)) + "  rest: otherwise\n",
            "2:3: a segment has at most 32 tiers, not 33",
        ),
    ],
)
def test_tiers_that_are_none_are_refused(tiers: str, problem: str) -> None:
    assert problems({"segments/stage.yaml": tiers}) == [f"segments/stage.yaml:{problem}"]


@pytest.mark.parametrize(
    ("when", "problem"),
    [
        ('stage == "retenton"', "1:16: stage has no tier 'retenton' (did you mean 'retention'?)"),
        ("stage != 'new' and 'old' == stage", "1:26: stage has no tier 'old'"),
        ("stage.retenton", "1:7: stage has no tier 'retenton' (did you mean 'retention'?)"),
        (
            "stagge.retention",
            "1:7: 'stagge.retention' has no meaning in a condition; only the cart has fields, and segments"
            " their tiers (did you mean 'stage'?)",
        ),
        ("vip.gold", "1:7: vip has no tiers"),
        ("stage", "1:7: the condition of a segment must be true or false, but 'stage' is a string"),
        ("stage and vip", "1:7: 'stage' is a string, but a condition is needed here"),
        ('stage > "new"', "1:7: stage is a string, which has no order: use == or !="),
    ],
)
def test_naming_a_tier_wrongly_gives_one_line_at_its_place(when: str, problem: str) -> None:
    assert problems(beside(f"when: {when}\n")) == [f"segments/other.yaml:{problem}"]


def test_a_circle_through_tiers_is_refused() -> None:
    found = problems(changed("orders >= 2", "other") | {"segments/other.yaml": "when: stage.new\n"})
    assert found == ["segments/other.yaml:1:7: a circle: 'other' reads 'stage', 'stage' reads 'other'"]


@pytest.mark.parametrize(
    ("segment", "problem"),
    [
        ("stage.retenton", "1:18: there is no segment 'stage.retenton' (did you mean 'stage.retention'?)"),
        ("stage", "1:18: everyone is in stage, which has tiers: name one, as in stage.retention"),
    ],
)
def test_a_journey_is_entered_by_a_tier_that_there_is(segment: str, problem: str) -> None:
    files = beside("when: stage.new\n") | edited("journeys/hello.yaml", "segment: vip", f"segment: {segment}")
    assert problems(files) == [f"journeys/hello.yaml:{problem}"]


@pytest.mark.parametrize(
    ("leave", "problem"),
    [
        ("spend >= 100", "3:7: nobody could enter: whoever meets 'spend >= 200' meets 'spend >= 100' too"),
        ("true", "3:7: nobody could enter: whoever meets 'spend >= 200' meets 'true' too"),
    ],
)
def test_an_exit_that_lets_nobody_in_is_refused(leave: str, problem: str) -> None:
    assert problems(edited("segments/vip.yaml", "spend < 100", leave)) == [f"segments/vip.yaml:{problem}"]


def test_an_exit_that_is_false_keeps_members_for_ever() -> None:
    assert problems(edited("segments/vip.yaml", "spend < 100", "false")) == []


@pytest.mark.parametrize(
    ("when", "problem"),
    [
        ("in(vpi)", "1:10: there is no trait or segment 'vpi' (did you mean 'vip'?)"),
        ("orders > 1 and not in(orders)", "1:26: there is no segment 'orders'"),
        ("in(stage)", "1:7: everyone is in stage, which has tiers: name one, as in stage.retention"),
        ("was(stage, 30d)", "1:7: everyone is in stage, which has tiers: name one, as in stage.retention"),
        ("was(stage.retenton, 30d)", "1:7: stage has no tier 'retenton' (did you mean 'retention'?)"),
        ("was(vip.gold, 30d)", "1:7: vip has no tiers"),
        ("was(vip, 30)", "1:7: was(...) needs a length of time, as in was(vip, 30d), not 30"),
        ("was(vip, 0d)", "1:7: was(vip, 0d) looks at no time at all"),
        ("was(vip)", "1:7: was(...) takes 2 arguments"),
        ("in(vip, 30d)", "1:7: in(...) takes 1 argument"),
        ("in(spend > 5)", "1:7: there is no segment 'spend > 5'"),
        ("was(other, 30d)", "1:7: 'other' reads itself"),
    ],
)
def test_asking_for_a_membership_wrongly_gives_one_line(when: str, problem: str) -> None:
    assert problems(beside(f"when: {when}\n")) == [f"segments/other.yaml:{problem}"]


def test_a_circle_through_what_was_is_refused() -> None:
    files = {"segments/a.yaml": "when: was(b, 7d)\n", "segments/b.yaml": "when: orders > 1 and not in(a)\n"}
    assert problems(files) == ["segments/a.yaml:1:7: a circle: 'a' reads 'b', 'b' reads 'a'"]


@pytest.mark.parametrize(
    ("stay", "problem"),
    [
        ("7", "4:16: '7' has no unit: write 7d or 7h"),
        ("0d", "4:16: stay_at_least cannot be '0d': it must be longer than nothing"),
        ("7 d", "4:16: '7 d' is no duration: write 7d"),
    ],
)
def test_how_long_to_stay_is_a_length_of_time(stay: str, problem: str) -> None:
    changed = edited("segments/vip.yaml", "exit: spend < 100\n", f"exit: spend < 100\nstay_at_least: {stay}\n")
    assert problems(changed) == [f"segments/vip.yaml:{problem}"]


def test_a_misspelt_stay_is_recognised() -> None:
    changed = edited("segments/vip.yaml", "exit: spend < 100\n", "stay_atleast: 7d\n")
    assert problems(changed) == [
        "segments/vip.yaml:3:1: a segment has no field 'stay_atleast' (did you mean 'stay_at_least'?)"
    ]


@pytest.mark.parametrize(
    "when",
    [
        "in(vip)",
        "not in(vip)",
        "(in(vip)) or in (looker)",
        "spend > 5 and in(vip)",
        "views_7d > 2 or not in(vip)",
        "in(vip) == in(looker)",
    ],
)
def test_in_can_stand_wherever_a_condition_can(when: str) -> None:
    assert problems({"segments/other.yaml": f"when: {when}\n"}) == []


def test_in_between_two_values_stays_an_operator() -> None:
    traits = "seen: {set: product_viewed.category}\nviews_7d: {count: product_viewed, within: 7d}\n"
    for when in ("favourite in (seen)", '"a" not in (seen)', 'views_7d > 1 and "in(vip)" in(seen) and in(vip)'):
        files = edited("traits.yaml", "views_7d: {count: product_viewed, within: 7d}\n", traits)
        assert problems({**files, "segments/other.yaml": f"when: '{when}'\n".replace("'", '"', 0)}) == []
