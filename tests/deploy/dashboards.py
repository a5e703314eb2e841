"""What the dashboard and the rules ask Prometheus."""

import asyncio
import json
import re
from pathlib import Path

from ruamel.yaml import YAML

from tests.deploy.prometheus_server import Prometheus

ROOT = Path(__file__).parents[2]
DASHBOARD = ROOT / "deploy/grafana/dashboards/stream.json"
RULES = ROOT / "deploy/prometheus/rules/stream.yml"
_METRIC = re.compile(r"\bstream_[a-z_]+")


def dashboard_queries() -> dict[str, str]:
    """Return the dashboard's queries by panel title and letter."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return {
        f"{panel['title']} {target['refId']}": target["expr"] for panel in panels for target in panel.get("targets", ())
    }


def alert_queries() -> dict[str, str]:
    """Return the alerts' expressions by name."""
    groups = YAML(typ="safe").load(RULES)["groups"]
    return {rule["alert"]: rule["expr"] for group in groups for rule in group["rules"]}


def metrics_in(query: str) -> set[str]:
    """Return the names of our metrics in a query."""
    return set(_METRIC.findall(query))


def with_window(query: str, window: str) -> str:
    """Return the query as Grafana sends it, its rate interval filled in, and day-long windows cut to it."""
    return query.replace("$__rate_interval", window).replace("[24h]", f"[{window}]")


async def unanswered(prometheus: Prometheus, window: str, seconds: float) -> dict[str, str]:
    """Return the dashboard's queries that have no data after so long, none if all have; ends as soon as they do."""
    waiting = dashboard_queries()
    deadline = asyncio.get_running_loop().time() + seconds
    while waiting and asyncio.get_running_loop().time() < deadline:
        for panel, query in list(waiting.items()):
            if await asyncio.to_thread(prometheus.query, with_window(query, window)):
                del waiting[panel]
        await asyncio.sleep(0.2)
    return waiting
