"""What is kept beside keyed buckets to read them quickly says what adding them up says."""

from hypothesis import given
from hypothesis import strategies as st

from stream.decision.keyed import KEPT_IN_ALL
from tests.decision.story import S, Story, config
from tests.properties.histories import modest

TRAITS = """\
views: {count: viewed, by: category, within: 168s}
ever: {count: viewed, by: category}
favourite: {top: viewed.category, within: 168s}
always: {top: viewed.category}
"""
ASKED = (
    "top(views)",
    "top(ever)",
    "favourite",
    "always",
    *(f"{of}['c{n}']" for of in ("views", "ever") for n in "012"),
)


@modest
@given(
    st.sampled_from(("c", "c" * 65)),
    st.lists(st.tuples(st.sampled_from((0, 0, 1, 3, 60, 170)), st.integers(0, 4), st.booleans()), max_size=60),
    st.sampled_from((0, KEPT_IN_ALL // 2 - 3, KEPT_IN_ALL - 3)),
)
def test_asked_at_any_time_or_never_before_the_answer_is_the_same(
    key: str, steps: list[tuple[int, int, bool]], fillers: int
) -> None:
    story, now_ms = Story(config(TRAITS)), 0
    asked = [text.replace("'c", f"'{key}") for text in ASKED]
    questions = [story.decider.program.compiled(story.parsed(text)) for text in asked]
    for number in range(fillers):
        story.tell(number * S // 4, "viewed", category=f"{key}{number}")
    for seconds, number, is_asked in [*steps, (0, 0, True)]:
        now_ms += seconds * S
        story.tell(now_ms, "viewed", category=f"{key}{number}")
        if is_asked:
            afresh = [story.reading(text, now_ms) for text in asked]
            assert [question(story.profile(), now_ms) for question in questions] == afresh
