"""Unknown is not false: what nobody has fed is unknown in every comparison, and only what is true enters or lets go."""

import pytest

from stream.model.outcomes import Trigger
from tests.decision.story import D, Story, assuming, config, words

COMPARATORS = ("==", "!=", "<", "<=", ">", ">=")
TRAITS = """\
happened: {count: closed}
count: {count: measured}
count_w: {count: measured, within: 7d}
counted_less: {count: measured, minus: viewed}
sum: {sum: measured.n}
sum_m_w: {sum: measured.m, within: 7d}
some: {count: measured, where: n > 3}
before: {count: measured, within: 7d, ending: 7d}
fading: {count: measured, half_life: 7d}
distinct: {distinct: measured.s}
open: {open: measured, until: settled, by: s}
streak: {streak: measured}
by_key: {count: measured, by: s}
set: {set: measured.s}
avg: {avg: measured.n}
avg_w: {avg: measured.n, within: 7d}
min: {min: measured.n}
min_w: {min: measured.n, within: 7d}
max: {max: measured.n}
max_w: {max: measured.n, within: 7d}
max_before: {max: measured.n, within: 7d, ending: 7d}
first: {first: measured.n}
first_w: {first: measured.n, within: 7d}
last: {last: measured.n}
last_w: {last: measured.n, within: 7d}
nth: {nth: measured.n, n: 1}
rate: {rate: measured, per: viewed}
derived: {value: sum / count}
last_m: {last: measured.m}
text: {last: measured.s}
top: {top: measured.s}
top_w: {top: measured.s, within: 7d}
time: {last: measured.at}
gap: {gap: measured}
flag: {last: measured.f}
"""

NUMBERS = "avg avg_w min min_w max max_w max_before first first_w last last_w nth rate derived".split()
ZEROS = "count count_w counted_less sum some before distinct open streak".split()
UNKNOWN = [
    *(f"t_{name} {op} 1" for name in NUMBERS for op in COMPARATORS),
    *(f"1 {op} t_{name}" for name in NUMBERS for op in COMPARATORS),
    *(f"t_last_m {op} 5" for op in COMPARATORS),
    *(f"{name} {op} 'a'" for name in ("t_text", "t_top", "t_top_w", "country", "cart.id") for op in ("==", "!=")),
    *(f"cart.dearest_item {op} 'a'" for op in ("==", "!=")),
    *(f"t_gap {op} 1d" for op in COMPARATORS),
    *(f"{side}(t_time) {op} 1d" for side in ("since", "until") for op in COMPARATORS[2:]),
    *(f"1d {op} {side}(cart.changed_at)" for side in ("since", "until") for op in COMPARATORS[2:]),
    *(f"t_time - renews_at {op} 1d" for op in COMPARATORS),
    *(f"t_time + t_gap {op} renews_at" for op in COMPARATORS),
    *(f"days_to(birthday) {op} 7" for op in COMPARATORS),
    *(f"age {op} 3" for op in COMPARATORS),
    *(f"t_by_key[t_text] {op} 0" for op in COMPARATORS),
    *(f"top(t_by_key) {op} 'a'" for op in ("==", "!=")),
    *(f"t_count + t_last {op} 0" for op in COMPARATORS),
    *(f"1 / t_count {op} 0" for op in COMPARATORS),
    *(f"t_flag {op} true" for op in ("==", "!=")),
    "t_flag",
    "t_text in t_set",
    "t_text not in t_set",
]
KNOWN = {
    **{f"t_{name} == 0": True for name in ZEROS},
    "t_sum_m_w == 0": True,
    "t_fading <= 0": True,
    "t_by_key['a'] == 0": True,
    "'a' in t_set": False,
    "'a' not in t_set": True,
    "cart.quantity == 0": True,
    "cart.total == 0": True,
    "known(t_last)": False,
    "default(t_last, 3) == 3": True,
    "other": False,
    "was(other, 30d)": False,
}


def told(segments: dict[str, str] | None = None) -> Story:
    """Tell of a user of whom one event is known, which feeds no other trait."""
    traits = "".join(f"t_{line}\n" for line in TRAITS.splitlines()).replace(
        "value: sum / count", "value: t_sum / t_count"
    )
    story = Story(config(traits, {"other": "t_count > 0", **(segments or {})}))
    story.tell(0, "closed")
    return story


@pytest.fixture(scope="module")
def story() -> Story:
    return told()


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_nobody_has_fed_is_unknown(story: Story, text: str) -> None:
    assert story.value(text, D) is None


@pytest.mark.parametrize("text", UNKNOWN[:: len(COMPARATORS)])
def test_unknown_stays_so_through_logic_unless_the_other_part_decides(story: Story, text: str) -> None:
    assert story.value(f"not ({text})", D) is None
    assert story.value(f"({text}) and t_happened == 1", D) is None
    assert story.value(f"({text}) or t_happened == 2", D) is None
    assert story.value(f"({text}) == (t_happened == 1)", D) is None
    assert story.value(f"({text}) and t_happened == 2", D) is False
    assert story.value(f"({text}) or t_happened == 1", D) is True
    assert story.value(f"known({text})", D) is False
    assert story.value(f"default({text}, true)", D) is True


@pytest.mark.parametrize(("text", "value"), KNOWN.items())
def test_counts_sums_sets_and_memberships_start_at_nothing(story: Story, text: str, value: bool) -> None:
    assert story.value(text, D) is value


@pytest.mark.parametrize("text", UNKNOWN[:: len(COMPARATORS)])
def test_entering_needs_true_and_so_does_leaving_by_an_exit(text: str) -> None:
    story = told(
        {
            "unknown": text,
            "not_unknown": f"not ({text})",
            "kept": f"when: t_happened > 0\nexit: {text}\n" if text[0] not in "'" else "t_happened > 0",
            "kept_too": f"when: t_happened > 0\nexit: not ({text})\n",
        }
    )
    story.wait(99 * D)
    assert words(story.outcomes) == ["entered kept", "entered kept_too"]


def test_a_member_without_an_exit_leaves_when_the_condition_is_no_longer_known() -> None:
    story = told({"fresh": "t_last_w == 1", "not_fresh": "t_last_w != 1"})
    assert words(story.tell(1, "measured", n=1)) == ["entered fresh", "entered other"]
    assert words(story.wait(99 * D)) == ["exited fresh"]


def test_an_arm_is_taken_when_its_condition_is_true_and_not_when_it_is_unknown() -> None:
    journey = (
        "enter: {event: viewed}\nsteps:\n  - branch:\n      - when: last_n > 1\n        trigger: mail\n"
        "      - when: not (last_n > 1)\n        trigger: mail\n      - otherwise: true\n        trigger: ad\n"
    )
    definitions = config("last_n: {last: measured.n}\n", journeys={"j": journey})
    story = Story(assuming(definitions, "marketing", "advertising"))
    told = story.tell(0, "viewed")
    assert [outcome.action for outcome in told if isinstance(outcome, Trigger)] == ["ad"]
