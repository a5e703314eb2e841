"""Prometheus for real: its own checks of our files, and the dashboard's queries over a page that our code serves."""

import asyncio
import subprocess
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import get_args

import pytest

from stream.definitions import load
from stream.model.errors import Reason
from stream.model.outcomes import Decision, SegmentChange, Trigger, Verdict, Why
from stream.runtime.metrics import Metrics, TaskGauges
from stream.runtime.settings import Settings
from stream.runtime.web import Readiness, WebServer
from stream.testkit.files import read_config
from tests.deploy.dashboards import alert_queries, unanswered
from tests.deploy.prometheus_server import binary, running_prometheus

ROOT = Path(__file__).parents[2]
WHY = Why(cause="test")


@pytest.mark.parametrize(
    "check",
    [
        ["check", "config", "deploy/prometheus/prometheus.yml"],
        ["check", "rules", "deploy/prometheus/rules/stream.yml"],
        ["test", "rules", "tests/deploy/rules.test.yml"],
    ],
    ids=["config", "rules", "rule tests"],
)
def test_promtool_finds_nothing_wrong(check: list[str]):
    checked = subprocess.run([binary("promtool"), *check], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_our_page_has_nothing_that_promtool_would_lint():
    metrics = Metrics()
    metrics.begin_definitions_at_zero(load(read_config(ROOT / "config")))
    checked = subprocess.run(
        [binary("promtool"), "check", "metrics"], input=metrics.page(), capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stderr.decode()


def work(metrics: Metrics) -> None:
    """Do to the metrics what a worker does with a batch and its checkpoint."""
    metrics.count_events(Counter({("cart", "product_added"): 5, ("clickstream", "product_viewed"): 20}))
    metrics.count_dropped({"duplicate": 1, "unplanned": 2})
    metrics.count_dead_letters({"not_json": 1})
    ids = {"id": "x", "user_id": "u", "at_ms": 0, "journey": "j", "run_id": "r", "step": "0", "why": WHY}
    metrics.count_outcomes(
        [
            SegmentChange(
                id="s", user_id="u", at_ms=0, segment="vip", change="entered", cause="e", version="v", why=WHY
            ),
            Decision(**ids, verdict="sent", action="ad"),
            Trigger(
                **ids, action="ad", channel="ad", purpose="p", template="t", version="v", due_ms=0,
                valid_until_ms=1, payload={},
            ),
        ]
    )  # fmt: skip
    metrics.count_profile_reads(9, 3)
    metrics.observe_checkpoint(0.02, 0.01, 12)
    metrics.observe_delays([0.05])
    metrics.show_tasks(
        [
            TaskGauges(
                recovered=True, profiles=9, timer_backlog=3, segment_members={"vip": 2}, runs={"j": 1},
                lag_records={("cart", 0): 4}, behind_seconds={"cart": 1.5},
            )
        ]
    )  # fmt: skip


async def test_every_query_of_the_dashboard_returns_data_over_what_our_code_serves(tmp_path: Path):
    metrics = Metrics()
    server = WebServer(Settings(http_port=0), metrics, Readiness(), lambda: work(metrics))
    port = await server.start()
    try:
        with ExitStack() as ending:
            prometheus = await asyncio.to_thread(ending.enter_context, running_prometheus(tmp_path, port))
            assert await unanswered(prometheus, "5s", 20) == {}
            for query in alert_queries().values():
                await asyncio.to_thread(prometheus.query, query)
            reasons = await asyncio.to_thread(prometheus.query, "stream_dead_letters_total")
            assert len(reasons) == len(get_args(Reason))
            assert len(await asyncio.to_thread(prometheus.query, "stream_decisions_total")) == len(get_args(Verdict))
    finally:
        await server.stop()
