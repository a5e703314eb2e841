"""Real histories, with the shipped config."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stream.adapters.formats import adapter_for
from stream.definitions import load
from stream.model.codec import Codec
from stream.replay.reading import Reading, ordered_records
from stream.replay.replaying import replay
from stream.replay.summary import Summary
from stream.testkit.files import read_config
from tests.data_sets import TAOBAO, data_file

ROOT = Path(__file__).parents[2]
DEFINITIONS = load(read_config(ROOT / "config"))
PURPOSES = frozenset(action.purpose for action in DEFINITIONS.actions.values())

pytestmark = pytest.mark.data


def replayed(name: str, form: str, out: Path, assumed: frozenset[str] = frozenset()) -> Summary:
    definitions = msgspec.structs.replace(DEFINITIONS, assumed_consents=assumed)
    reading = Reading([data_file(name)], adapter_for(form, [], definitions.plan), definitions.plan)
    return replay(definitions, reading, out)


@pytest.fixture(scope="module")
def taobao(tmp_path_factory: pytest.TempPathFactory) -> tuple[Summary, Path]:
    out = tmp_path_factory.mktemp("taobao")
    return replayed(TAOBAO, "taobao", out, PURPOSES), out


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_taobao_has_2964_cart_abandoner_entries_and_2466_exits_of_706_users(taobao: tuple[Summary, Path]) -> None:
    summary, out = taobao
    changes = [one for one in lines(out / "segment-changes.jsonl") if one["segment"] == "cart_abandoner"]
    assert (summary.tally.entries["cart_abandoner"], summary.tally.exits["cart_abandoner"]) == (2_964, 2_466)
    assert [one["change"] for one in changes].count("entered") == 2_964
    assert [one["change"] for one in changes].count("exited") == 2_466
    assert len({one["user_id"] for one in changes}) == 706
    assert (summary.events, summary.users, sum(summary.dead.values())) == (100_001, 983, 0)


def test_taobao_triggers_come_after_the_cart_and_never_after_a_purchase_that_came_after_it(
    taobao: tuple[Summary, Path],
) -> None:
    _, out = taobao
    reading = Reading([data_file(TAOBAO)], adapter_for("taobao", [], DEFINITIONS.plan), DEFINITIONS.plan)
    carts: dict[str, list[tuple[int, bool]]] = {}
    for _, event in reading.events():
        if event.name in ("product_added", "order_completed"):
            carts.setdefault(event.user, []).append((event.time_ms, event.name == "product_added"))
    triggers = lines(out / "triggers.jsonl")
    assert len({trigger["journey"] for trigger in triggers}) >= 6
    sent = [each for each in triggers if each["type"] == "trigger.v1" and each["journey"] == "cart_recovery"]
    of_carts = [each for each in sent if each["action"] != "stop_ads"]
    assert len(of_carts) > 700
    for trigger in of_carts:
        at_ms = trigger["at_ms"]
        before = [is_added for time_ms, is_added in carts[str(trigger["user_id"])] if time_ms <= at_ms]
        assert before[-1], trigger


def test_taobao_as_records_for_kafka_decodes_to_what_replay_decides_over() -> None:
    path = data_file(TAOBAO)
    reading = Reading([path], adapter_for("taobao", [], DEFINITIONS.plan), DEFINITIONS.plan)
    codec = Codec(DEFINITIONS.plan)
    for (_, event), record in zip(
        reading.events(), ordered_records([path], "taobao", [], DEFINITIONS.plan), strict=True
    ):
        assert codec.decode(record.value, "") == event


def test_rees46_is_read_but_for_its_last_row_which_was_cut_off_within_the_user_id(tmp_path: Path) -> None:
    summary = replayed("rees46/2019-Oct.csv.gz", "rees46", tmp_path)
    assert (summary.events, summary.users, summary.dead) == (17_434, 4_504, {"missing_property": 1})
    assert summary.tally.entries["first_time_buyer"] > 0


def test_cdnow_has_2357_first_time_buyers_of_6919_purchases(tmp_path: Path) -> None:
    summary = replayed("cdnow/CDNOW_sample.txt.gz", "cdnow", tmp_path)
    assert (summary.events, summary.users, sum(summary.dead.values())) == (6_919, 2_357, 0)
    assert summary.tally.entries["first_time_buyer"] == 2_357
