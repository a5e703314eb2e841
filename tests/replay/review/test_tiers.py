from pathlib import Path

from stream.definitions import load
from stream.definitions.shapes import Definitions
from stream.replay.compare.definitions import definition_changes
from tests.replay.compare.test_comparing import compared, of
from tests.replay.review.shop import FILES, SHOPPERS, history, reviewed

STAGE = "tiers:\n  loyal: orders >= 4\n  bought: orders >= 1\n  new: otherwise\n"


def tiered(stage: str = STAGE) -> Definitions:
    return load({**FILES, "segments/stage.yaml": stage})


def test_each_tier_is_reviewed_as_a_segment_and_everyone_is_in_one(tmp_path: Path) -> None:
    found = reviewed(tmp_path, history(), tiered())
    tiers = {one.name: one for one in found.segments if one.name.startswith("stage.")}
    assert list(tiers) == ["stage.loyal", "stage.bought", "stage.new"]
    assert [tiers[name].inside for name in tiers] == [12, 0, 12]
    assert [tiers[name].condition for name in tiers] == ["orders >= 4", "orders >= 1", "otherwise"]
    sizes = zip(*(tier.sizes for tier in tiers.values()), strict=True)
    assert [sum(each) for each in sizes] == found.users_over_time
    assert tiers["stage.loyal"].apart
    assert found.users_over_time[-1] == SHOPPERS


def test_who_would_be_in_another_tier_is_told_with_what_leads_there(tmp_path: Path) -> None:
    found = compared(tmp_path, history(), tiered(), tiered(STAGE.replace("orders >= 4", "orders >= 5")))
    assert (of(found, "stage.loyal").leave.users, of(found, "stage.bought").enter.users) == (12, 12)
    example = of(found, "stage.bought").enter.examples[0]
    assert [(leaf.condition, leaf.holds) for leaf in example.a.leaves] == [("orders >= 4", True), ("orders >= 1", True)]
    assert (example.a.note, example.b.note) == ("is in stage.loyal", "is in stage.bought")
    assert of(found, "stage.bought").enter.reasons[0].note == "is in stage.loyal"
    assert [(leaf.condition, leaf.holds) for leaf in example.b.leaves] == [
        ("orders >= 5", False),
        ("orders >= 1", True),
    ]


def test_a_condition_is_told_with_how_members_leave(tmp_path: Path) -> None:
    kept = {"segments/buyer": "when: orders >= 1\nexit: orders >= 9\nstay_at_least: 7d\n", "segments/stage": STAGE}
    config = load({**FILES, **{f"{name}.yaml": text for name, text in kept.items()}})
    found = reviewed(tmp_path, history(), config)
    told = {one.name: one.condition for one in found.segments}
    assert told["buyer"] == "orders >= 1; leaves when orders >= 9; stays at least 7d"
    changes = {one.name: one.b for one in definition_changes(load(FILES), config)}
    assert changes == {"buyer": told["buyer"], "stage": "loyal: orders >= 4; bought: orders >= 1; new: otherwise"}
