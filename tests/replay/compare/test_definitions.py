import msgspec

from stream.definitions import load
from stream.replay.compare.definitions import definition_changes
from tests.replay.review.shop import FILES, definitions


def told(**files: str) -> list[tuple[str, str, str]]:
    changed = load({**FILES, **{name.replace("__", "/") + ".yaml": text for name, text in files.items()}})
    return [(one.kind, one.name, one.change) for one in definition_changes(definitions(), changed)]


def test_a_changed_description_is_no_change() -> None:
    assert told(segments__everyone="describe: In other words.\nwhen: orders >= 0\n") == []


def test_every_kind_of_definition_is_compared() -> None:
    events = FILES["events.yaml"].replace("page_viewed: {path: string}", "page_viewed: {path: string, title: string}")
    traits = FILES["traits.yaml"].replace(
        "views: {count: product_viewed}", "views: {count: product_viewed, within: 7d}"
    )
    policy = "caps: [{channel: email, at_most: 1, within: 16h}]\nmax_trigger_age: 4h\n"
    actions = "hello: {channel: email, purpose: marketing, template: hello, valid_for: 1d}\n"
    journey = "describe: Says hello.\nenter: {segment: buyer}\nsteps:\n  - trigger: hello\n"
    found = told(events=events, traits=traits + "adds: {count: product_added}\n", policy=policy)
    assert found[:3] == [("event", "page_viewed", "changed"), ("trait", "adds", "added"), ("trait", "views", "changed")]
    assert found[-1] == ("policy", "policy.yaml", "changed")
    found = told(actions=actions, policy=policy, journeys__greeting=journey)
    assert ("journey", "greeting", "added") in found
    assert ("action", "hello", "added") in found


def test_what_is_read_with_another_table_is_changed_though_its_text_is_not() -> None:
    one = definitions()
    views = one.traits["views"]
    other = msgspec.structs.replace(one, traits={**one.traits, "views": msgspec.structs.replace(views, n=2)})
    assert other.traits["views"].hash == views.hash
    assert [(told.kind, told.name) for told in definition_changes(one, other)] == [("trait", "views")]
