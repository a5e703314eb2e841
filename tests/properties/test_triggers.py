"""What no trigger may ever do, whatever shoppers do."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from stream.model.events import Event
from stream.model.outcomes import Decision, Goal, RunChange, Trigger, Withdrawal
from tests.properties.histories import modest
from tests.properties.journeys_checker import violations
from tests.properties.shops import CONFIGS, Shop, any_config, days, eager_days, end_of, late_days, late_purchases


def triggers(shop: Shop) -> Iterator[Trigger]:
    return (outcome for outcome in shop.outcomes if isinstance(outcome, Trigger))


def is_done_on_exit(step: str) -> bool:
    """Return whether a step is one of what is proposed because its run was left."""
    return step.startswith("exit.")


def told(events: list[Event], trigger: Trigger, *names: str) -> list[Event]:
    """Return the user's events of these names up to a trigger; events come before timers of the same millisecond."""
    own = (event for event in events if event.user == trigger.user_id and event.time_ms <= trigger.at_ms)
    return [event for event in own if event.name in names]


@modest
@given(any_config, days())
def test_no_trigger_without_consent_at_that_moment(config: str, events: list[Event]) -> None:
    for trigger in triggers(Shop(config).live(events, end_of(events))):
        if trigger.purpose in CONFIGS[config].policy.free:
            continue  # such as the mail that an order is confirmed by
        words = [e for e in told(events, trigger, "consent_changed") if e.props["purpose"] == trigger.purpose]
        has_consent = words[-1].props["granted"] if words else trigger.purpose in CONFIGS[config].assumed_consents
        assert has_consent is True


@modest
@given(any_config, days())
def test_no_mail_to_an_address_that_must_not_be_used(config: str, events: list[Event]) -> None:
    for trigger in triggers(Shop(config).live(events, end_of(events))):
        bounces = [e for e in told(events, trigger, "email_bounced") if e.props["bounce_type"] == "hard"]
        assert trigger.channel != "email" or not (bounces or told(events, trigger, "unsubscribed"))


@modest
@given(st.sampled_from(("dense, all consented", "shipped, all consented")), eager_days)
def test_no_rolling_window_ever_holds_more_than_its_cap(config: str, events: list[Event]) -> None:
    shop = Shop(config).live(events, end_of(events))
    for cap in CONFIGS[config].policy.caps:
        sent = [(t.user_id, t.at_ms) for t in triggers(shop) if t.channel == cap.of.name]
        for user, at_ms in sent:
            within = [1 for other, other_ms in sent if other == user and at_ms - cap.within_ms < other_ms <= at_ms]
            assert len(within) <= cap.at_most


@modest
@given(any_config, late_days())
def test_no_trigger_after_its_run_has_ended_but_for_what_is_done_on_exit(config: str, events: list[Event]) -> None:
    ended: set[str] = set()
    started: set[str] = set()
    for outcome in Shop(config).live(events, end_of(events)).outcomes:
        match outcome:
            case RunChange(change="started"):
                assert outcome.run_id not in started
                started.add(outcome.run_id)
            case RunChange():
                assert outcome.run_id in started - ended
                ended.add(outcome.run_id)
            case Trigger(step=step):
                assert outcome.run_id in started
                assert is_done_on_exit(step) or outcome.run_id not in ended
            case Decision(verdict=verdict, step=step):
                assert outcome.run_id in started
                assert verdict == "withdrawn" or is_done_on_exit(step) or outcome.run_id not in ended
            case Goal() | Withdrawal():
                assert outcome.run_id in started
    assert started == ended, "no run is under way for ever"


@modest
@given(any_config, days())
def test_no_trigger_of_a_run_after_an_event_that_exits_it(config: str, events: list[Event]) -> None:
    shop = Shop(config).live(events, end_of(events))
    entered = {o.run_id: o.at_ms for o in shop.outcomes if isinstance(o, RunChange) and o.change == "started"}
    for trigger in triggers(shop):
        if is_done_on_exit(trigger.step):
            continue
        listed = CONFIGS[config].journeys[trigger.journey].exit_on
        exits = told(events, trigger, *(heard.event for heard in listed if heard.where is None and heard.match is None))
        assert not [event for event in exits if event.time_ms > entered[trigger.run_id]]


@modest
@given(any_config, late_days())
def test_every_trigger_has_its_decision_and_every_decision_that_sent_has_its_trigger(
    config: str, events: list[Event]
) -> None:
    shop = Shop(config).live(events, end_of(events))
    decisions = [outcome for outcome in shop.outcomes if isinstance(outcome, Decision)]
    sent = {decision.id: decision for decision in decisions if decision.verdict == "sent"}
    assert {trigger.id for trigger in triggers(shop)} == sent.keys()
    for trigger in triggers(shop):
        decision = sent[trigger.id]
        assert (decision.run_id, decision.step, decision.at_ms) == (trigger.run_id, trigger.step, trigger.at_ms)
        assert trigger.at_ms < trigger.valid_until_ms


@modest
@given(any_config, late_days())
def test_one_run_of_a_journey_and_key_at_a_time_and_no_sooner_than_allowed(config: str, events: list[Event]) -> None:
    for changes in Shop(config).live(events, end_of(events)).by_user().values():
        under_way: set[tuple[str, str]] = set()
        ended_ms: dict[str, int] = {}
        for change in (outcome for outcome in changes if isinstance(outcome, RunChange)):
            journey, one = CONFIGS[config].journeys[change.journey], (change.journey, change.key)
            if change.change == "ended":
                under_way.remove(one)
                ended_ms[change.journey] = change.at_ms
                continue
            assert one not in under_way
            under_way.add(one)
            if change.journey in ended_ms:
                assert change.at_ms - ended_ms[change.journey] >= journey.enter.again_after_ms


@modest
@given(late_purchases())
def test_a_withdrawal_takes_back_a_valid_trigger_of_its_own_run_once(events: list[Event]) -> None:
    sent: dict[str, Trigger] = {}
    for outcome in Shop("dense, all consented").live(events, end_of(events)).outcomes:
        if isinstance(outcome, Trigger):
            sent[outcome.id] = outcome
        elif isinstance(outcome, Withdrawal):
            trigger = sent.pop(outcome.trigger_id)
            assert trigger.run_id == outcome.run_id
            assert trigger.at_ms <= outcome.at_ms < trigger.valid_until_ms
            orders = [e for e in events if e.user == outcome.user_id and e.name == outcome.reason]
            assert any(order.time_ms <= trigger.at_ms for order in orders)


@modest
@given(late_purchases())
def test_no_trigger_that_a_late_purchase_overtook_stays_in_force(events: list[Event]) -> None:
    shop = Shop("dense, all consented")
    for event in events:
        shop.live([event])
        if event.name != "order_completed":
            continue
        taken_back = {outcome.trigger_id for outcome in shop.outcomes if isinstance(outcome, Withdrawal)}
        for trigger in triggers(shop):
            journey = CONFIGS["dense"].journeys[trigger.journey]
            leaves_on_orders = any(heard.event == "order_completed" for heard in journey.exit_on)
            is_overtaken = trigger.user_id == event.user and event.time_ms <= trigger.at_ms
            now_ms = shop.profiles[event.user].now_ms
            if leaves_on_orders and is_overtaken and now_ms < trigger.valid_until_ms:
                assert trigger.id in taken_back


@modest
@given(any_config, late_days())
def test_no_outcome_of_these_shops_is_one_that_must_never_be(config: str, events: list[Event]) -> None:
    outcomes = Shop(config).live(events, end_of(events)).outcomes
    assert violations(CONFIGS[config], events, outcomes) == []
