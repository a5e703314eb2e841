from pathlib import Path

import msgspec
import pytest

from stream.adapters.formats import adapter_for
from stream.decision.decider import Decider
from stream.definitions import load
from stream.definitions.shapes import Definitions
from stream.model.outcomes import SegmentChange, Trigger
from stream.model.profile import Profile
from stream.replay.compare.comparing import ToCompare, compare
from stream.replay.compare.shapes import Diff, Group, SegmentDiff
from stream.replay.pages.rendering import diff_page
from stream.replay.reading import Reading
from tests.replay.pages.reader import Page
from tests.replay.review.shop import FILES, definitions, history
from tests.replay.tiny import FILES as TINY
from tests.replay.tiny import HOUR_MS, START_MS, line, write_lines

SEGMENT = "segment"


def compared(folder: Path, lines: list[str], a: Definitions, b: Definitions, **asked: object) -> Diff:
    path = write_lines(folder / "in.jsonl", *lines)
    adapter = lambda plan: adapter_for(SEGMENT, [], plan)  # noqa: E731
    return compare(ToCompare(("a", a), ("b", b), [path], SEGMENT, adapter, **asked))  # type: ignore[arg-type]


def of(diff: Diff, name: str) -> SegmentDiff:
    return next(one for one in diff.segments if one.name == name)


def users(group: Group) -> list[str]:
    return [example.user_id for example in group.examples]


def tiny(**changed: str) -> Definitions:
    found = load({**TINY, **{name.replace("__", "/") + ".yaml": text for name, text in changed.items()}})
    return msgspec.structs.replace(found, assumed_consents=frozenset({"marketing"}))


def test_a_config_compared_with_itself_differs_in_nothing(tmp_path: Path) -> None:
    found = compared(tmp_path, history(), definitions(), definitions())
    assert (found.definitions, found.users_affected) == ([], 0)
    assert all(one.sizes_a == one.sizes_b and not one.enter.users and not one.leave.users for one in found.segments)
    assert "Nobody would be anywhere else." in Page(diff_page(found)).text


def test_who_enters_under_the_other_threshold_is_counted_with_what_kept_them_out(tmp_path: Path) -> None:
    found = compared(tmp_path, history(), definitions(reader="pages >= 3"), definitions(reader="views >= 3"))
    reader = of(found, "reader")
    assert (reader.inside_a, reader.inside_b, reader.enter.users, reader.leave.users) == (0, 12, 12, 0)
    assert [(reason.condition, reason.users) for reason in reader.enter.reasons] == [("pages >= 3", 12)]
    assert users(reader.enter) == ["u01", "u03", "u05", "u07", "u09"]
    example = reader.enter.examples[0]
    assert [(leaf.condition, leaf.holds, leaf.value) for leaf in example.a.leaves] == [("pages >= 3", False, 0)]
    assert [(leaf.condition, leaf.holds, leaf.value) for leaf in example.b.leaves] == [("views >= 3", True, 3)]
    assert found.users_affected == 12
    assert [(one.kind, one.name, one.change, one.a, one.b) for one in found.definitions] == [
        ("segment", "reader", "changed", "pages >= 3", "views >= 3")
    ]


def test_who_was_inside_only_on_the_way_is_explained_at_that_time(tmp_path: Path) -> None:
    found = compared(tmp_path, history(), definitions(), definitions(full_cart="cart.quantity > 1"))
    cart = of(found, "full_cart")
    assert (cart.enter.users, cart.leave.users, cart.ever_only_a.users, cart.entries_a) == (0, 0, 12, 48)
    example = cart.ever_only_a.examples[0]
    assert (example.user_id, example.at_ms) == ("u00", START_MS)
    assert [(leaf.value, leaf.holds) for leaf in example.a.leaves] == [(1, True)]
    assert [(leaf.value, leaf.holds) for leaf in example.b.leaves] == [(1, False)]


def test_a_segment_that_one_config_lacks_is_empty_there(tmp_path: Path) -> None:
    found = compared(tmp_path, history(), definitions(), definitions(bikers="views > 0"))
    bikers = of(found, "bikers")
    assert (bikers.condition_a, bikers.inside_a, bikers.inside_b, bikers.enter.users) == ("", 0, 12, 12)
    assert bikers.enter.reasons[0].note == "this config has no such segment"
    assert [(one.kind, one.name, one.change) for one in found.definitions] == [("segment", "bikers", "added")]


def test_a_plan_that_names_another_event_is_read_for_its_side_alone(tmp_path: Path) -> None:
    files = {**FILES, "events.yaml": FILES["events.yaml"].replace("  cart:", "    newsletter_read: {}\n  cart:")}
    files["traits.yaml"] += "news: {count: newsletter_read}\n"
    files["segments/news_reader.yaml"] = "when: news >= 1\n"
    found = compared(tmp_path, history(), definitions(), load(files), held_max=9)
    assert (found.a.unplanned, found.b.unplanned) == (12, 0)
    assert found.b.events - found.a.events == 12
    assert of(found, "news_reader").enter.users == 12


def test_a_history_too_large_for_memory_gives_the_same_comparison_but_for_who_is_shown(tmp_path: Path) -> None:
    sides = definitions(), definitions(full_cart="cart.quantity > 1", reader="views >= 3")
    at_once, in_shares = (compared(tmp_path, history(), *sides, examples=False, held_max=held) for held in (10**6, 7))
    assert in_shares == at_once


def test_user_ids_can_be_left_out(tmp_path: Path) -> None:
    sides = definitions(), definitions(reader="views >= 3")
    assert b'"user_id"' in msgspec.json.encode(compared(tmp_path, history(), *sides))
    assert b'"user_id"' not in msgspec.json.encode(compared(tmp_path, history(), *sides, examples=False))


def test_what_users_say_of_themselves_is_withheld(tmp_path: Path) -> None:
    said = json_identify("Ada")
    b = definitions(ada='first_name == "Ada" and views >= 1')
    found = compared(tmp_path, [said, line(1, "u", "Product Viewed")], definitions(), b)
    leaves = of(found, "ada").enter.examples[0].b.leaves
    assert [leaf.value for leaf in leaves] == ["(withheld)", 1]


def json_identify(first_name: str) -> str:
    call = {"type": "identify", "userId": "u", "timestamp": START_MS, "traits": {"first_name": first_name}}
    return msgspec.json.encode(call).decode()


CARTS = [line(hours, user, "Product Added", product_id="p") for user, hours in (("a", 0), ("b", 0), ("c", 90))]
LATER = [*CARTS, line(1.5, "b", "Order Completed"), line(100, "z", "Product Viewed")]
SLOWER = {"segments__cart_abandoner": "when: cart.quantity > 0 and since(cart.changed_at) >= 2h\n"}


def test_triggers_to_others_and_at_other_times_are_told_apart(tmp_path: Path) -> None:
    found = compared(tmp_path, LATER, tiny(), tiny(**SLOWER))
    first = found.triggers[0]
    assert (first.journey, first.step, first.action) == ("cart_recovery", "0", "cart_email")
    assert (first.sent_a, first.sent_b, first.users_a, first.users_b, first.moved) == (3, 2, 3, 2, 2)
    assert (users(first.only_a), users(first.only_b)) == (["b"], [])
    example = first.only_a.examples[0]
    assert (example.at_ms, example.a.note) == (START_MS + HOUR_MS, "sent")
    assert example.b.note == "no run of the journey came to this step"
    failing = [leaf.condition for leaf in example.b.leaves if leaf.holds is not True]
    assert failing == ["since(cart.changed_at) >= 2h"]


def test_a_trigger_that_one_side_refuses_says_why(tmp_path: Path) -> None:
    strict = msgspec.structs.replace(tiny(), assumed_consents=frozenset())
    found = compared(tmp_path, LATER, tiny(), strict)
    notes = {example.b.note for example in found.triggers[0].only_a.examples}
    assert notes == {"proposed, but not sent: no consent"}
    assert found.triggers[0].only_a.reasons[0].note == "proposed, but not sent: no consent"


def test_the_counts_are_those_of_two_replays(tmp_path: Path) -> None:
    sides = tiny(), tiny(**SLOWER)
    found = compared(tmp_path, LATER, *sides)
    for side, definitions_of in enumerate(sides):
        profiles: dict[str, Profile] = {}
        decider = Decider(definitions_of, profiles)
        reading = Reading([tmp_path / "in.jsonl"], adapter_for(SEGMENT, [], definitions_of.plan), definitions_of.plan)
        events = [event for _, event in reading.events()]
        for event in events:
            decider.advance(event.time_ms - 1)
            decider.decide(event)
        decider.advance(events[-1].time_ms)
        outcomes = decider.take().outcomes
        sent = [one for one in outcomes if isinstance(one, Trigger)]
        entries = [one for one in outcomes if isinstance(one, SegmentChange) and one.change == "entered"]
        assert sum((one.sent_a, one.sent_b)[side] for one in found.triggers) == len(sent)
        assert sum((one.entries_a, one.entries_b)[side] for one in found.segments) == len(entries)


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_whatever_users_and_configs_write_is_escaped(tmp_path: Path, evil: str) -> None:
    lines = [line(1, f"{evil}{number}", "Product Viewed", category=evil) for number in range(3)]
    found = compared(tmp_path, lines, definitions(), definitions(evil="favourite != '<b>' and views >= 1"))
    page = diff_page(msgspec.structs.replace(found, a=msgspec.structs.replace(found.a, name=evil)))
    read = Page(page)
    assert evil in read.text
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>" not in page


def test_what_became_of_the_run_on_the_other_side_is_told(tmp_path: Path) -> None:
    ended = tiny(
        journeys__cart_recovery=TINY["journeys/cart_recovery.yaml"].replace("[order_completed]", "[product_viewed]")
    )
    seen = [
        line(0, "a", "Product Added", product_id="p"),
        line(3, "a", "Product Viewed"),
        line(99, "z", "Product Viewed"),
    ]
    found = compared(tmp_path, seen, tiny(), ended)
    (second,) = [one for one in found.triggers if one.step == "2"]
    assert second.only_a.examples[0].b.note == "its run had ended: product_viewed"


def test_points_in_time_are_told_as_dates(tmp_path: Path) -> None:
    found = compared(tmp_path, history(), definitions(), definitions(late="seen_at >= cart.changed_at or views >= 3"))
    (dated, plain) = of(found, "late").enter.examples[0].b.leaves
    assert (dated.value, plain.value) == ("2020-01-02T06:00:00Z", 3)
