from pathlib import Path

import msgspec
import pytest

from stream.adapters.formats import adapter_for
from stream.definitions import load
from stream.replay.review.reviewing import Asked, review
from stream.replay.review.shapes import Review, SegmentReview
from stream.testkit.files import read_config
from tests.data_sets import TAOBAO, data_file
from tests.replay.review.shop import SHOPPERS, definitions, history, reviewed
from tests.replay.tiny import HOUR_MS, START_MS, line


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Review:
    return reviewed(tmp_path_factory.mktemp("whole"), history())


def segment(review: Review, name: str) -> SegmentReview:
    return next(one for one in review.segments if one.name == name)


def told(review: Review, code: str) -> list[list[str]]:
    return [finding.subjects for finding in review.findings if finding.code == code]


def test_what_was_read_is_told(whole: Review) -> None:
    seen = whole.history
    assert (seen.users, seen.rows, seen.unplanned) == (SHOPPERS, len(history()), SHOPPERS // 2)
    assert (seen.events, seen.left_out) == (len(history()) - SHOPPERS // 2, 0)
    assert (seen.first_ms, seen.stopped_ms) == (START_MS, START_MS + 30 * HOUR_MS)


def test_segments_that_nobody_enters_and_that_everybody_is_in_stand_out(whole: Review) -> None:
    assert (told(whole, "never_entered"), told(whole, "never_fed")) == ([["whale"]], [["reader"]])
    texts = {finding.code: finding.text for finding in whole.findings}
    assert "reader (pages)" in texts["never_fed"]
    assert "nobody meets `spend >= 1000`" in texts["never_entered"]
    assert told(whole, "always_true") == [["everyone"]]


def test_the_parts_of_a_condition_are_counted_at_the_end(whole: Review) -> None:
    parts = {part.condition: (part.holds, part.fails, part.unknown) for part in segment(whole, "whale").parts}
    assert parts == {"spend >= 1000": (0, 24, 0), "orders >= 2": (12, 12, 0)}


def test_segments_that_are_as_good_as_one_stand_out(whole: Review) -> None:
    assert told(whole, "overlap") == [["looker", "viewer"]]
    pair = whole.overlaps[0]
    assert (pair.one, pair.other, pair.jaccard, pair.both_now, pair.either_now) == ("looker", "viewer", 1.0, 12, 12)


def test_more_than_two_that_are_as_good_as_one_are_told_together(tmp_path: Path) -> None:
    found = reviewed(tmp_path, history(), definitions(gazer="views >= 1 or pages >= 1"))
    assert told(found, "overlap") == [["gazer", "looker", "viewer"]]
    text = next(one.text for one in found.findings if one.code == "overlap")
    assert text.startswith("gazer, looker and viewer are as good as one: each shares 100 % of its members' time with ")


def test_a_condition_that_looks_back_longer_than_the_history_is_said_to(tmp_path: Path) -> None:
    found = reviewed(tmp_path, history(), definitions(gone="since(seen_at) >= 2d", here="since(seen_at) < 0s"))
    texts = {one.subjects[0]: one.text for one in found.findings if one.code == "never_entered"}
    assert texts["gone"].endswith("nobody meets `since(seen_at) >= 2d`, and this history is only 1d6h long.")
    assert "only" not in texts["here"]


def test_a_segment_that_flaps_stands_out_with_its_stays(whole: Review) -> None:
    assert told(whole, "flapping") == [["full_cart"]]
    stays = segment(whole, "full_cart").stays
    assert (stays.ended, stays.short, stays.quick_returns, stays.entered_thrice) == (48, 48, 36, 12)
    assert stays.median_ms == pytest.approx(HOUR_MS, rel=0.13)
    assert [one.entries for one in stays.most_entries] == [4] * 5


def test_sizes_over_time_start_at_nothing_and_end_at_the_members(whole: Review) -> None:
    buyer = segment(whole, "buyer")
    by_time = dict(zip(whole.axis_ms, buyer.sizes, strict=True))
    assert (by_time[START_MS], by_time[START_MS + HOUR_MS], buyer.inside) == (0, 12, 12)
    assert whole.users_over_time[-1] == SHOPPERS
    assert all(one.sizes[-1] == one.inside for one in whole.segments)


def test_what_members_have_in_common_is_told_apart_from_what_defines_them(whole: Review) -> None:
    apart = {one.trait: one for one in segment(whole, "viewer").apart}
    assert (apart["views"].relation, apart["views"].inside, apart["views"].outside) == ("own", 3.0, 0.0)
    assert (apart["favourite"].kind, apart["favourite"].relation) == ("known", "same_event")
    assert (apart["orders"].relation, apart["orders"].inside, apart["orders"].outside) == ("other", 0.0, 4.0)
    assert segment(whole, "viewer").apart[0].relation == "other"


def test_what_the_tracking_plan_misses_and_what_the_history_misses_is_told(whole: Review) -> None:
    assert told(whole, "unplanned_event") == [["newsletter_read"]]
    assert told(whole, "unplanned_property") == [["product_added.colour"]]
    assert told(whole, "unseen_event") == [["page_viewed", "identify", "consent_changed", "erasure_requested"]]
    assert told(whole, "unseen_property") == [["order_completed.coupon"]]


def test_a_history_too_large_for_memory_gives_the_same_review(tmp_path: Path, whole: Review) -> None:
    assert reviewed(tmp_path, history(), held_max=7) == whole


def test_user_ids_can_be_left_out(tmp_path: Path, whole: Review) -> None:
    without = reviewed(tmp_path, history(), examples=False)
    assert b'"user_id":"u' in msgspec.json.encode(whole)
    assert b'"user_id"' not in msgspec.json.encode(without)


def test_the_clock_can_be_stopped_earlier(tmp_path: Path) -> None:
    early = reviewed(tmp_path, history(), until_ms=START_MS + 2 * HOUR_MS)
    assert (early.history.stopped_ms, early.axis_ms[-1]) == (START_MS + 2 * HOUR_MS, START_MS + 2 * HOUR_MS)
    assert early.history.left_out > 0
    assert segment(early, "viewer").inside == 12


def test_who_asked_to_be_forgotten_is_in_no_segment_any_more(tmp_path: Path) -> None:
    views = [line(hour, user, "Product Viewed") for user in ("a", "b") for hour in (1, 2)]
    found = reviewed(tmp_path, [*views, line(5, "a", "Erasure Requested"), line(9, "b", "Product Viewed")])
    viewer = segment(found, "viewer")
    by_time = dict(zip(found.axis_ms, viewer.sizes, strict=True))
    assert (by_time[START_MS + 4 * HOUR_MS], by_time[START_MS + 6 * HOUR_MS], viewer.inside) == (2, 1, 1)
    assert viewer.members_ever == 2


def test_a_history_of_which_nothing_is_planned_is_reviewed_all_the_same(tmp_path: Path) -> None:
    found = reviewed(tmp_path, [line(0, "a", "Newsletter Read")])
    assert (found.history.events, found.history.users, found.history.stopped_ms) == (0, 0, None)
    assert told(found, "unplanned_event") == [["newsletter_read"]]


def test_rejected_rows_are_counted_by_reason(tmp_path: Path) -> None:
    found = reviewed(tmp_path, [*history(), "oops", line(0, "a", "Product Added"), line(0, "b", "Product Added")])
    assert [(one.reason, one.detail, one.rows) for one in found.history.rejected] == [
        ("missing_property", "product_id", 2),
        ("not_json", "", 1),
    ]
    assert "3 of" in next(one.text for one in found.findings if one.code == "rejected_rows")


def test_a_few_stray_old_events_do_not_stretch_the_axis(tmp_path: Path) -> None:
    many = [line(hour / 10, "a", "Product Viewed") for hour in range(600)]
    found = reviewed(tmp_path, [line(-24 * 900, "b", "Product Viewed"), *many])
    assert (found.history.first_ms, found.history.before_axis) == (START_MS - 24 * 900 * HOUR_MS, 1)
    assert found.axis_ms[0] == START_MS
    assert segment(found, "viewer").sizes[0] == 2


def test_a_new_definition_is_reviewed_like_any_other(tmp_path: Path) -> None:
    found = reviewed(tmp_path, history(), definitions(bike_fan='favourite == "bikes"'))
    assert segment(found, "bike_fan").inside == 12


@pytest.mark.data
def test_taobao_has_2964_cart_abandoner_entries_here_too() -> None:
    config = load(read_config(Path(__file__).parents[3] / "config"))
    asked = Asked([data_file(TAOBAO)], "taobao", adapter_for("taobao", [], config.plan), held_max=30_000)
    found = review(config, asked)
    abandoner = segment(found, "cart_abandoner")
    assert (abandoner.entries, abandoner.exits, abandoner.members_ever) == (2_964, 2_466, 706)
    assert (found.history.users, found.history.events) == (983, 100_001)
