"""The dashboard and the alerts against the metrics that the code declares."""

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from stream.runtime.metrics import Metrics
from tests.deploy.dashboards import DASHBOARD, alert_queries, dashboard_queries, metrics_in

ROOT = Path(__file__).parents[2]
GRAFANA = ROOT / "deploy/grafana"
NAMES = Metrics().names()
ENDINGS = ("_bucket", "_sum", "_count", "_total")


@pytest.mark.parametrize(("panel", "query"), dashboard_queries().items())
def test_every_metric_a_panel_asks_for_exists(panel: str, query: str):
    assert metrics_in(query) <= NAMES


@pytest.mark.parametrize(("alert", "query"), alert_queries().items())
def test_every_metric_an_alert_asks_for_exists(alert: str, query: str):
    assert metrics_in(query) <= NAMES


def family(name: str) -> str:
    for ending in ENDINGS:
        name = name.removesuffix(ending)
    return name


def test_every_metric_of_the_code_is_on_the_dashboard():
    shown = {family(name) for query in dashboard_queries().values() for name in metrics_in(query)}
    assert {family(name) for name in NAMES} - shown == set()


def test_every_panel_says_what_it_shows_and_asks_the_provisioned_source():
    (source,) = YAML(typ="safe").load(GRAFANA / "provisioning/datasources/prometheus.yml")["datasources"]
    dashboard = json.loads(DASHBOARD.read_text())
    for panel in dashboard["panels"]:
        if panel["type"] != "row":
            assert panel["description"].endswith((".", ":")), panel["title"]
            assert {target["datasource"]["uid"] for target in panel["targets"]} == {source["uid"]}


def test_panels_have_ids_of_their_own_and_do_not_overlap():
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for place in (panel["gridPos"] for panel in panels):
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert place["x"] + place["w"] <= 24
        taken |= cells


def test_the_dashboard_folder_is_where_grafana_looks():
    (provider,) = YAML(typ="safe").load(GRAFANA / "provisioning/dashboards/stream.yml")["providers"]
    compose = YAML(typ="safe").load(ROOT / "docker-compose.yml")
    mounts = dict(volume.split(":")[:2][::-1] for volume in compose["services"]["grafana"]["volumes"])
    assert mounts[provider["options"]["path"]] == "./deploy/grafana/dashboards"
    home = compose["services"]["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert Path(home) == Path(provider["options"]["path"]) / DASHBOARD.name
