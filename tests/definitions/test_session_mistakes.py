import pytest

from tests.definitions.config_text import SMALL, edited, problems

VIEWS = "views_7d: {count: product_viewed, within: 7d}"

TRAITS = [
    ("{distinct: product_viewed.category, |within: session}", "'distinct' is not kept by session"),
    ("{count: product_viewed, within: last_session, |by: category}", "'by' has no meaning beside a window of sessions"),
    (
        "{count: product_viewed, within: session, |ending: 1d}",
        "'ending' has no meaning beside a window of sessions",
    ),
    ("{count: product_viewed, within: |last_0_sessions}", "at least 1 and at most 20 sessions: so many are kept"),
    ("{count: product_viewed, within: |last_21_sessions}", "at least 1 and at most 20 sessions: so many are kept"),
    (
        "{count: product_viewed, within: |sesion}",
        "'sesion' is no duration: write a number and a unit, as in 7d (did you mean 'session'?)",
    ),
    ("{count: |session_startd}", "there is no event 'session_startd' (did you mean 'session_started'?)"),
    (
        "{max: page_left.dwell, where: dwell > |5}",
        "a duration needs a unit: write 5d or 5h instead of 5",
    ),
    ("{last: |session_ended.page}", "session_ended has no property 'page' (did you mean 'pages'?)"),
]


@pytest.mark.parametrize(("trait", "problem"), TRAITS)
def test_each_mistake_in_a_trait_by_session_is_one_line_at_its_place(trait: str, problem: str) -> None:
    changes = edited("traits.yaml", VIEWS, f"{VIEWS}\ntested: {trait.replace('|', '')}")
    line = f"tested: {trait}"
    assert problems(changes) == [f"traits.yaml:2:{line.index('|') + 1}: {problem}"]


SESSIONS = [
    ("{gap: |30}", "'30' has no unit: write 30d or 30h"),
    ("{|gpa: 30m}", "sessions has no field 'gpa' (did you mean 'gap'?)"),
    (
        "{except: [|product_vewed]}",
        "'product_vewed' is no event of the topics cart and clickstream, so it is no "
        "activity anyway (did you mean 'product_viewed'?)",
    ),
    (
        "{except: [|consent_changed]}",
        "'consent_changed' is no event of the topics cart and clickstream, so it is no activity anyway",
    ),
    ("{page: |page_vewed.path}", "there is no event 'page_vewed'"),
    ("{page: |product_vewed.path}", "there is no event 'product_vewed' (did you mean 'product_viewed'?)"),
    (
        "{page: |product_viewed.rating}",
        "a page is named by a property of product_viewed that is a string, as in page_viewed.path",
    ),
    (
        "{page: |product_viewed.categry}",
        "a page is named by a property of product_viewed that is a string, as in "
        "page_viewed.path (did you mean 'category'?)",
    ),
]


@pytest.mark.parametrize(("sessions", "problem"), SESSIONS)
def test_each_mistake_in_the_sessions_is_one_line_at_its_place(sessions: str, problem: str) -> None:
    line = f"sessions: {sessions}"
    changes = {"events.yaml": f"{line.replace('|', '')}\n{SMALL['events.yaml']}"}
    assert problems(changes) == [f"events.yaml:1:{line.index('|') + 1}: {problem}"]
