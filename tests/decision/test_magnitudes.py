"""Values as large as the wire lets through: whatever a user sends, deciding goes on and the profile can be kept."""

import pytest

from stream.model.outcomes import encode_outcome
from stream.model.profile import decode_profile, encode_profile
from tests.decision.story import D, H, Story, assuming, config

ALL = ("count", "sum", "avg", "min", "max", "first", "last", "distinct")
TRAITS = "".join(
    f"{op}_{prop}{'_w' if window else ''}: {{{op}: measured{'' if op == 'count' else f'.{prop}'}{window}}}\n"
    for op in ALL
    for prop in ("n", "i", "m")
    for window in ("", ", within: 7d")
)
TRAITS += "seen_at: {last: measured.at}\nmoment: {last: measured.t}\n"
SEGMENTS = {
    "square": "last_n * last_n > 1 or last_i * last_i / 3 > 1 or last_n * last_n - last_n * last_n >= 0",
    "span": "since(seen_at) >= 1d * last_n * last_n",
    "span_of_sum": "until(moment) > 1h * sum_n_w",
    "money": "sum_m * last_n * last_n > 5",
    "average": "avg_n_w > 1 or avg_i_w > 1 or avg_m_w > 1 or avg_n > 1",
    "dear": "cart.total > 5 and cart.quantity > 5",
    "shift": "moment + 1d * last_n < seen_at",
}
ACTIONS = """\
mail:
  channel: email
  purpose: marketing
  template: t
  payload: {a: last_m * last_n * last_n, b: sum_n, c: avg_n_w, d: cart.total, e: cart.items, f: sum_m / last_n}
"""
JOURNEY = "enter: {event: measured, again_after: 0s}\nsteps: [{trigger: mail}]\n"
LARGEST = 1 << 53
"""The codec lets no number through beyond this; of money, 10^12 of the currency."""


def survives(*, n: float, i: int, m: int) -> None:
    story = Story(assuming(config(TRAITS, SEGMENTS, {"j": JOURNEY}, ACTIONS), "marketing"))
    for number in range(4):
        story.tell(number * H, "measured", n=n if number != 3 else -n, i=i, m=abs(m), t=number)
        story.tell(number * H, "product_added", product_id="a", quantity=abs(i) or 1, price=abs(m))
        profile = encode_profile(story.profile())
        assert encode_profile(decode_profile(profile)) == profile
    story.wait(30 * D)
    for outcome in story.outcomes:
        encode_outcome(outcome)


@pytest.mark.parametrize("n", [float(LARGEST), -float(LARGEST), LARGEST - 0.5, 5e-324, 0.0, -0.0])
def test_no_number_stops_the_decisions(n: float) -> None:
    survives(n=n, i=1, m=1)


@pytest.mark.parametrize("i", [LARGEST, -LARGEST, 0])
def test_no_integer_stops_the_decisions(i: int) -> None:
    survives(n=1.5, i=i, m=1)


def test_no_amount_of_money_stops_the_decisions() -> None:
    survives(n=float(LARGEST), i=1, m=10**15)


def test_sums_up_to_the_wires_limit_are_exact() -> None:
    story = Story(config(TRAITS))
    for number in range(50):
        story.tell(number, "measured", m=10**15 + 1)
    assert story.value("sum_m", 50) == 50 * (10**15 + 1)
    assert story.value("sum_m_w", 50) == 50 * (10**15 + 1)


@pytest.mark.parametrize(("name", "value"), [("n", float(LARGEST)), ("i", LARGEST), ("m", 10**15)])
def test_a_sum_that_cannot_be_kept_stays_at_the_greatest_that_can(name: str, value: float) -> None:
    story = Story(config(TRAITS))
    for number in range(3_000):
        story.decider.decide(story.event(number, "measured", **{name: value}))
    for trait in (f"sum_{name}", f"sum_{name}_w"):
        assert story.value(f"{trait} > last_{name}", 3_000) is True
        assert story.value(f"{trait} > avg_{name}", 3_000) is True


@pytest.mark.parametrize(
    "text",
    [
        " * ".join(["last_n"] * 25),
        " * ".join(["last_n"] * 25) + " > 1",
        " * ".join(["last_i"] * 25) + " / 3 > 1",
        " * ".join(["last_n"] * 25) + " - " + " * ".join(["last_n"] * 25) + " >= 0",
        "since(seen_at) >= 1d * " + " * ".join(["last_n"] * 25),
        "since(seen_at + 1d * " + " * ".join(["last_n"] * 25) + ") >= 1d",
        "sum_m * " + " * ".join(["last_n"] * 25) + " > 5",
    ],
)
def test_what_is_beyond_all_numbers_is_unknown(text: str) -> None:
    story = Story(config(TRAITS))
    story.tell(0, "measured", n=float(LARGEST), i=LARGEST, m=1)
    assert story.value(text, 0) is None


def test_a_condition_on_what_is_beyond_all_numbers_stops_nothing() -> None:
    story = Story(config(TRAITS, {"product": "sum_m * " + " * ".join(["last_n"] * 25) + " > 1 or last_i > 5"}))
    (entered,) = story.tell(0, "measured", n=float(LARGEST), i=6, m=1)
    encode_outcome(entered)
