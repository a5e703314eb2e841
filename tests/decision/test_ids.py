from uuid import UUID

from stream.decision.ids import decided_id


def test_an_id_is_a_function_of_what_was_decided_for_ever() -> None:
    # Consumers keep these ids: a change of this value is a change of every id ever given.
    assert decided_id("trigger", "hash", "u", 1) == "2f6ce83f-ba66-5722-9eaa-e189c52926d3"


def test_an_id_is_a_uuid_of_version_5() -> None:
    assert UUID(decided_id("run", "hash", "u")).version == 5


def test_parts_do_not_run_into_each_other() -> None:
    found = {
        decided_id("run", "a", "bc"),
        decided_id("run", "ab", "c"),
        decided_id("run", "abc", ""),
        decided_id("run", "abc"),
        decided_id("run", "", "abc"),
        decided_id("runa", "bc"),
    }
    assert len(found) == 6


def test_any_user_id_has_one() -> None:
    assert len({decided_id("run", user) for user in ("", "Zoë", "🛒", "a" * 256, "\x00", " ")}) == 6
