"""Metrics: what is declared, how batches are counted, how gauges of several tasks add up."""

from collections import Counter
from pathlib import Path

from stream.definitions import load
from stream.model.outcomes import Decision, RunChange, SegmentChange, Trigger, Why, Withdrawal
from stream.runtime.metrics import Metrics, TaskGauges
from stream.testkit.files import read_config

ROOT = Path(__file__).parents[2]
WHY = Why(cause="test")


def trigger(action: str) -> Trigger:
    return Trigger(
        id="t", user_id="u", at_ms=0, action=action, channel="email", purpose="p", template="t", journey="j",
        version="v", run_id="r", step="0", due_ms=0, valid_until_ms=1, payload={}, why=WHY,
    )  # fmt: skip


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_a_batch_is_counted_by_topic_and_type():
    metrics = Metrics()
    metrics.count_events(Counter({("cart", "product_added"): 3, ("email", "email_opened"): 1}))
    metrics.count_events(Counter({("cart", "product_added"): 2}))
    metrics.count_dropped({"duplicate": 4, "unplanned": 1})
    metrics.count_dead_letters({"not_json": 2})
    assert value(metrics, "stream_events_total", topic="cart", type="product_added") == 5
    assert value(metrics, "stream_dropped_total", reason="duplicate") == 4
    assert value(metrics, "stream_dropped_total", reason="too_late") == 0
    assert value(metrics, "stream_dead_letters_total", reason="not_json") == 2


def test_outcomes_are_counted_each_by_its_kind():
    metrics = Metrics()
    entered = SegmentChange(
        id="s", user_id="u", at_ms=0, segment="vip", change="entered", cause="e", version="v", why=WHY
    )
    taken_back = Withdrawal(
        id="w", user_id="u", at_ms=0, trigger_id="t", action="a", journey="j", run_id="r", reason="bought"
    )
    decisions = [
        Decision(id="d", user_id="u", at_ms=0, verdict=verdict, journey="j", run_id="r", step="0", action="a", why=WHY)
        for verdict in ("sent", "capped", "capped")
    ]
    run = RunChange(id="r", user_id="u", at_ms=0, change="started", journey="j", run_id="r", reason="x", version="v")
    metrics.count_outcomes([entered, trigger("a"), trigger("a"), trigger("b"), taken_back, *decisions, run])
    assert value(metrics, "stream_segment_changes_total", segment="vip", change="entered") == 1
    assert value(metrics, "stream_triggers_total", action="a") == 2
    assert value(metrics, "stream_triggers_total", action="b") == 1
    assert value(metrics, "stream_withdrawals_total") == 1
    assert value(metrics, "stream_decisions_total", verdict="capped") == 2
    assert value(metrics, "stream_decisions_total", verdict="sent") == 1


def test_gauges_are_sums_over_tasks_and_forget_a_task_given_away():
    metrics = Metrics()
    one = TaskGauges(
        recovered=True, profiles=10, timer_backlog=4, segment_members={"vip": 2}, runs={"cart_recovery": 1},
        lag_records={("cart", 0): 7}, behind_seconds={"cart": 3.0},
    )  # fmt: skip
    two = TaskGauges(
        recovered=False, profiles=5, timer_backlog=1, segment_members={"vip": 3, "new": 1},
        lag_records={("cart", 1): 0}, behind_seconds={"cart": 8.0},
    )  # fmt: skip
    metrics.show_tasks([one, two])
    assert value(metrics, "stream_tasks") == 2
    assert value(metrics, "stream_recovered") == 1
    assert value(metrics, "stream_profiles") == 15
    assert value(metrics, "stream_timer_backlog") == 5
    assert value(metrics, "stream_segment_members", segment="vip") == 5
    assert value(metrics, "stream_lag_records", topic="cart", partition="0") == 7
    assert value(metrics, "stream_lag_seconds", topic="cart") == 8.0
    metrics.show_tasks([one])
    assert value(metrics, "stream_segment_members", segment="vip") == 2
    assert value(metrics, "stream_segment_members", segment="new") is None
    assert value(metrics, "stream_lag_records", topic="cart", partition="1") is None


def test_checkpoints_and_delays_are_observed():
    metrics = Metrics()
    metrics.observe_checkpoint(0.03, 0.01, 40)
    metrics.observe_delays([0.2, -5.0])
    assert value(metrics, "stream_checkpoint_seconds_count") == 1
    assert value(metrics, "stream_flush_seconds_sum") == 0.01
    assert value(metrics, "stream_checkpoint_profiles_sum") == 40
    assert value(metrics, "stream_event_to_outcome_seconds_count") == 2
    assert value(metrics, "stream_event_to_outcome_seconds_sum") == 0.2


def test_two_workers_in_one_process_do_not_share_metrics():
    one, two = Metrics(), Metrics()
    one.count_dropped({"duplicate": 1})
    assert value(two, "stream_dropped_total", reason="duplicate") == 0


def test_names_are_those_that_queries_use():
    assert {
        "stream_events_total",
        "stream_segment_members",
        "stream_checkpoint_seconds_bucket",
        "stream_checkpoint_seconds_count",
    } <= Metrics().names()
    assert all(name.startswith("stream_") for name in Metrics().names())


def test_every_metric_says_what_it_is():
    for family in Metrics().registry.collect():
        assert len(family.documentation) > 10, family.name


def test_counters_of_the_definitions_begin_at_zero():
    metrics = Metrics()
    metrics.begin_definitions_at_zero(load(read_config(ROOT / "config")))
    assert value(metrics, "stream_segment_changes_total", segment="cart_abandoner", change="exited") == 0
    assert value(metrics, "stream_triggers_total", action="free_shipping_ad") == 0
    assert value(metrics, "stream_events_total", topic="cart", type="order_completed") == 0
    assert value(metrics, "stream_decisions_total", verdict="sent") == 0
    assert value(metrics, "stream_dead_letters_total", reason="not_json") == 0
