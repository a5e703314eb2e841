"""A shop in which each part of a reason has a part: all is derived again, and what was tampered with is found."""

from collections import Counter
from collections.abc import Callable

import msgspec
import pytest

from stream.adapters.formats import adapter_for
from stream.definitions import load
from stream.definitions.shapes import Definitions
from stream.model.outcomes import Decision, Leaf, Rival, Stage, Trigger, Why
from stream.model.profile import decode_profile, encode_profile
from stream.replay.reading import Reading
from tests.checkers.telling_shop import FILES
from tests.checkers.triggers import Checker
from tests.checkers.witness import Account, Moment, witnessed
from tests.replay.tiny import START_MS, line, write_lines

SHOPPERS = [f"shopper{number}" for number in range(60)]


def history() -> list[str]:
    """Return what sixty shoppers did: each a little otherwise, over a week."""
    lines = []
    for number, user in enumerate(SHOPPERS):
        at = number / 10
        zone = ["Europe/Berlin", "America/New_York", ""][number % 3]
        told = {"email": f"{user}@example.com", **({"phone": "1"} if number % 2 else {})}
        lines.append(line(at, user, "identify", **told, **({"timezone": zone} if zone else {})))
        for purpose in ("marketing", "texting", *(["personalisation"] if number % 7 == 0 else [])):
            granted = purpose != "personalisation" and number % 11 != 0
            lines.append(line(at, user, "Consent Changed", purpose=purpose, granted=granted))
        for day in range(4):
            now = at + day * 24 + number % 5
            category = ["hats", "shoes", "none"][(number + day) % 3]
            lines.append(line(now, user, "Product Viewed", product_id=f"v{day}", category=category))
            lines.append(line(now + 1, user, "Product Added", product_id=f"p{day % 2}", price=30 + 10 * (number % 8)))
            if (number + day) % 4 == 3:
                lines.append(line(now + 14 + number % 3, user, "Order Completed", order_id=f"o{day}", total=50))
        if number % 13 == 5:
            lines.append(line(at + 30, user, "Unsubscribed"))
    return lines


def definitions() -> Definitions:
    return load(FILES)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Account:
    path = write_lines(tmp_path_factory.mktemp("history") / "in.jsonl", *history())
    reading = Reading([path], adapter_for("segment", [], definitions().plan), definitions().plan)
    events = reading.events()
    assert not reading.dead
    return witnessed(definitions(), events, START_MS + 200 * 3_600_000)


def test_every_trigger_of_a_shop_with_all_of_it_is_derived_again(account: Account) -> None:
    verdicts = Counter(one.verdict for decisions in account.decisions.values() for one in decisions)
    assert verdicts["sent"] > 400
    refused = {"held_out", "no_consent", "not_eligible", "not_applicable", "unreachable", "suppressed", "capped"}
    assert verdicts.keys() >= refused | {"deferred", "excluded", "not_chosen", "withdrawn"}, verdicts
    findings = Checker(definitions(), account).findings()
    assert not findings, "\n".join(findings[:10])


Change = Callable[[Trigger], Trigger]


def of_why(change: Callable[[Why], Why]) -> Change:
    return lambda trigger: msgspec.structs.replace(trigger, why=change(trigger.why))


def a_leaf(change: Callable[[Leaf], Leaf]) -> Change:
    return of_why(lambda why: msgspec.structs.replace(why, leaves=[change(why.leaves[0]), *why.leaves[1:]]))


def a_stage(gate: str, change: Callable[[Stage], Stage | None]) -> Change:
    def changed(why: Why) -> Why:
        stages = [change(stage) if stage.gate == gate else stage for stage in why.stages]
        return msgspec.structs.replace(why, stages=[stage for stage in stages if stage is not None])

    return of_why(changed)


def field(**changes: object) -> Change:
    return lambda trigger: msgspec.structs.replace(trigger, **changes)


def why_field(**changes: object) -> Change:
    return of_why(lambda why: msgspec.structs.replace(why, **changes))


TAMPERED: dict[str, Change] = {
    "another value": a_leaf(lambda leaf: msgspec.structs.replace(leaf, value=99)),
    "another threshold": a_leaf(lambda leaf: msgspec.structs.replace(leaf, threshold=98)),
    "another truth": a_leaf(lambda leaf: msgspec.structs.replace(leaf, holds=not leaf.holds)),
    "a condition of someone else": a_leaf(lambda leaf: msgspec.structs.replace(leaf, condition="true")),
    "moved by an event that was not there": a_leaf(lambda leaf: msgspec.structs.replace(leaf, events=["x"])),
    "a leaf too few": of_why(lambda why: msgspec.structs.replace(why, leaves=why.leaves[1:])),
    "a branch that was not asked": of_why(
        lambda why: msgspec.structs.replace(why, leaves=[*why.leaves, Leaf("x", True)])
    ),
    "no consent stage": a_stage("consent", lambda _: None),
    "a consent of another time": a_stage("consent", lambda stage: Stage("consent", True, f"{stage.said}0")),
    "a cap that counted otherwise": why_field(caps=["7 of 9 email this day"]),
    "caps unsaid": a_stage("caps", lambda _: None),
    "a gate shut": a_stage("applicable", lambda stage: msgspec.structs.replace(stage, passed=False)),
    "a gate's leaves unsaid": a_stage("applicable", lambda stage: msgspec.structs.replace(stage, leaves=[])),
    "held out and sent": a_stage("holdout", lambda _: Stage("holdout", False, "everything")),
    "the consent of another": why_field(consent="marketing needs none"),
    "another score": why_field(score=1e6),
    "another tier": why_field(tier=7),
    "another cause": why_field(cause="x"),
    "another definition": why_field(definition="x"),
    "knowledge that was not there": why_field(reference="x"),
    "a rival that was not there": why_field(rivals=[Rival("receipt", "again", 0, 1.0, "sent")]),
    "another journey's version": field(version="x"),
    "another id": field(id="x"),
    "another key": field(key="x"),
    "another payload": field(payload={"total": None}),
    "another address": field(to={"email": "x"}),
    "valid for longer": field(valid_until_ms=1 << 50),
    "due earlier": field(due_ms=1),
    "another template": field(template="x"),
    "another purpose": field(purpose="x"),
    "another goal": field(goal="x"),
    "chosen by chance": field(arm="cart_email", propensity=0.5),
}


def first(account: Account, wanted: Callable[[Trigger], bool]) -> Moment:
    return next(moment for moment in account.moments if wanted(moment.trigger))


@pytest.mark.parametrize("name", TAMPERED)
def test_a_trigger_that_was_tampered_with_is_found(account: Account, name: str) -> None:
    moment = first(account, lambda trigger: trigger.action == "cart_email" and bool(trigger.why.leaves))
    checker = Checker(definitions(), account)
    assert checker.of(moment) == []
    assert checker.of(msgspec.structs.replace(moment, trigger=TAMPERED[name](moment.trigger)))


@pytest.mark.parametrize("change", [{"propensity": 0.9}, {"propensity": None}, {"arm": "offer_push"}])
def test_a_chance_that_was_not_that_is_found(account: Account, change: dict[str, object]) -> None:
    moment = first(account, lambda trigger: trigger.arm == "news_email")
    assert Checker(definitions(), account).of(moment) == []
    tampered = msgspec.structs.replace(moment.trigger, **change)
    assert Checker(definitions(), account).of(msgspec.structs.replace(moment, trigger=tampered))


def test_a_branch_that_would_have_led_elsewhere_is_found(account: Account) -> None:
    moment = first(account, lambda trigger: trigger.action == "dear_ad")
    profile = decode_profile(moment.profile)
    profile.carts.clear()
    tampered = msgspec.structs.replace(moment, profile=encode_profile(profile))
    findings = Checker(definitions(), account).of(tampered)
    assert any("would have led elsewhere" in said for said in findings), findings


def without(account: Account, user: str, event: str) -> Account:
    events = {**account.events, user: [one for one in account.events[user] if one.name != event]}
    return msgspec.structs.replace(account, events=events)


def test_a_trigger_without_the_consent_event_is_found(account: Account) -> None:
    moment = first(account, lambda trigger: trigger.action == "cart_email")
    unconsented = without(account, moment.trigger.user_id, "consent_changed")
    assert "consent is shut: marketing never granted" in Checker(definitions(), unconsented).of(moment)


def test_a_trigger_over_a_cap_is_found(account: Account) -> None:
    moment = first(account, lambda trigger: trigger.action == "cart_email")
    user, at_ms = moment.trigger.user_id, moment.trigger.at_ms
    sent = Decision(
        id="x", user_id=user, at_ms=at_ms, verdict="held_out", journey="news", run_id="x", step="1",
        action="news_email", why=Why("time"),
    )  # fmt: skip
    more = msgspec.structs.replace(account, decisions={**account.decisions, user: [sent, *account.decisions[user]]})
    findings = Checker(definitions(), more).of(msgspec.structs.replace(moment, decided=moment.decided + 1))
    assert any(said.startswith("caps is shut: 1 of 1 email this day") for said in findings), findings


def test_a_trigger_after_the_event_that_ends_its_run_is_found(account: Account) -> None:
    moment = first(account, lambda trigger: (trigger.journey, trigger.step) == ("recovery", "3"))
    user, at_ms = moment.trigger.user_id, moment.trigger.at_ms
    order = msgspec.structs.replace(
        account.events[user][0], id="x", name="order_completed", time_ms=at_ms - 1, props={}
    )
    later = msgspec.structs.replace(account, events={**account.events, user: [*account.events[user], order]})
    assert f"order_completed at {at_ms - 1} had ended its run" in Checker(definitions(), later).of(moment)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("policy.yaml", "everything: 5%", "everything: 100%", "holdout is shut"),
        ("policy.yaml", "20:00-09:00", "00:00-23:59", "quiet hours is shut"),
        ("segments/abandoner.yaml", ">= 1h", ">= 2h", "how its segment stands"),
        ("journeys/recovery.yaml", "wait: 11h", "wait: 12h", "definition"),
        ("actions.yaml", "weight: 2", "weight: 3", "score"),
    ],
)
def test_triggers_that_another_config_would_not_have_sent_are_found(
    account: Account, file: str, old: str, new: str, said: str
) -> None:
    assert old in FILES[file]
    findings = Checker(load({**FILES, file: FILES[file].replace(old, new)}), account).findings()
    assert any(said in one for one in findings)


def test_who_is_held_out_without_being_so_is_found(account: Account) -> None:
    nobody = FILES["policy.yaml"].replace("{everything: 5%, journeys: 10%}", "{everything: 0%, journeys: 0%}")
    findings = Checker(load({**FILES, "policy.yaml": nobody}), account).findings()
    assert any("nobody holds" in one for one in findings)
    account = msgspec.structs.replace(account, moments=account.moments[1:])
    assert "the triggers are not those that were decided to be sent" in Checker(definitions(), account).findings()
