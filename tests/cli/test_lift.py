import gzip
import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from click.testing import CliRunner, Result

from stream.adapters.formats import adapter_for
from stream.cli.lift import command
from stream.cli.schema import schema_texts
from stream.decision.buckets import bucket
from stream.definitions import load
from stream.model.outcomes import AnyOutcome, encode_outcome
from stream.replay.reading import Reading
from stream.replay.replaying import replay
from tests.replay.lift.records import arms, decision
from tests.replay.tiny import FILES, line, write_config, write_lines


def write(path: Path, *outcomes: AnyOutcome) -> Path:
    path.write_bytes(b"".join(encode_outcome(outcome) + b"\n" for outcome in outcomes))
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "decisions.jsonl", *arms((180, 900), (10, 100)), *arms((5, 50), (5, 50), journey="browse"))


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def said(*arguments: str | Path) -> list[str]:
    result = run(*arguments)
    assert result.exit_code == 0, result.stderr
    return [" ".join(one.split()) for one in result.stdout.splitlines() if one]


def told(*arguments: str | Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*arguments, "--json").stdout)
    return found


def test_each_journey_and_all_together_have_two_arms_and_a_difference(file: Path) -> None:
    assert said(file) == [
        "users arm users reached goal share value a user",
        "browse treated 50 5 10.00% -",
        "held out 50 5 10.00% -",
        "cart_recovery treated 900 180 20.00% -",
        "held out 100 10 10.00% -",
        "all journeys treated 950 185 19.47% -",
        "held out 150 15 10.00% -",
        "lift of difference 95 % interval relative 95 % interval p",
        "browse conversion +0.00 pp -12.69 to +12.69 +0.0% -69.1% to +224.1% 1.000",
        "cart_recovery conversion +10.00 pp +2.16 to +15.25 +100.0% +9.5% to +265.3% 0.002",
        "all journeys conversion +9.09 pp +3.14 to +15.04 +90.9% +9.5% to +232.7% 0.003",
        "browse",
        "warning: in an arm fewer than 10 users reached the goal, or missed it: too few to rely on",
    ]


def test_one_journey_alone_and_its_configured_split(file: Path) -> None:
    assert "10.00% held out, 10.00% configured (p 1.000)" in said(
        file, "--journey", "cart_recovery", "--holdout", "10%"
    )
    assert not any("browse" in one for one in said(file, "--journey", "cart_recovery"))


def test_shares_are_given_for_all_journeys_or_for_one(file: Path) -> None:
    def configured(*options: str) -> list[float | None]:
        return [one["split"]["configured"] for one in told(file, *options)["journeys"]]

    assert configured() == [None, None]
    assert configured("--holdout", "10%") == [0.1, 0.1]
    assert configured("--holdout", "browse=0.5") == [0.5, None]
    assert configured("--holdout", "browse=50%", "--holdout", "0.1") == [0.5, 0.1]


def test_the_config_says_the_shares_and_a_holdout_of_everything_adds_to_a_journey_s_own(tmp_path: Path) -> None:
    outcomes = write(tmp_path / "d.jsonl", *arms((20, 100), (20, 100)))
    path = write_config(tmp_path / "config") / "policy.yaml"
    policy = path.read_text()
    for holdout, share in (("everything: 5%, journeys: 10%", 0.145), ("journeys: 10%", 0.1), ("everything: 5%", 0.05)):
        path.write_text(f"{policy}holdout: {{{holdout}}}\n")
        (found,) = told(outcomes, "--config", tmp_path / "config")["journeys"]
        assert found["split"]["configured"] == pytest.approx(share)
    (found,) = told(outcomes, "--config", tmp_path / "config", "--holdout", "0.5")["journeys"]
    assert found["split"]["configured"] == 0.5
    path.write_text(policy)
    (found,) = told(outcomes, "--config", tmp_path / "config")["journeys"]
    assert found["split"]["configured"] is None


def test_what_replay_holds_out_is_measured(tmp_path: Path) -> None:
    policy = FILES["policy.yaml"] + "holdout: {everything: 20%, journeys: 30%}\n"
    journey = FILES["journeys/cart_recovery.yaml"] + "goal: {event: order_completed, within: 14d, value: total}\n"
    definitions = load({**FILES, "policy.yaml": policy, "journeys/cart_recovery.yaml": journey})
    definitions = msgspec.structs.replace(definitions, assumed_consents=frozenset({"marketing"}))
    users = [f"u{number}" for number in range(100)]
    held_out = {
        user for user in users if bucket("global", user) < 2_000 or bucket("journey cart_recovery", user) < 3_000
    }
    history = [line(0, user, "Product Added", product_id="p") for user in users]
    history += [line(2, user, "Order Completed", total=25) for user in users[::2]]
    path = write_lines(tmp_path / "in.jsonl", *history)
    reading = Reading([path], adapter_for("segment", [], definitions.plan), definitions.plan)
    replay(definitions, reading, tmp_path / "out", "drained")
    (found,) = told(tmp_path / "out" / "decisions.jsonl")["journeys"]
    reached = len(held_out & set(users[::2]))
    assert found["held_out"] == {"users": len(held_out), "reached": reached, "value": 25.0 * reached}
    assert found["treated"]["users"] == 100 - len(held_out)


def test_machines_read_json_that_fits_its_schema(file: Path) -> None:
    found = told(file, "--holdout", "browse=0.5")
    jsonschema.validate(found, json.loads(schema_texts()["lift.v1.schema.json"]))
    assert (found["type"], found["runs"], found["together"]["journey"]) == ("lift.v1", "first", "")
    browse, cart = found["journeys"]
    assert cart["conversion"]["difference"] == pytest.approx(0.1)
    assert (cart["treated"]["users"], cart["held_out"]["reached"], cart["value"]) == (900, 10, None)
    assert browse["warnings"] != []
    of_nobody = told(write(file.parent / "none.jsonl", decision("a", "capped")))
    jsonschema.validate(of_nobody, json.loads(schema_texts()["lift.v1.schema.json"]))
    assert (of_nobody["journeys"][0]["untouched"], of_nobody["together"]) == (1, None)


def test_files_given_twice_gzipped_or_cut_in_two_say_the_same(file: Path, tmp_path: Path) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b"".join(lines[500:])))
    (tmp_path / "b.jsonl").write_bytes(b"".join(reversed(lines[:500])))
    assert told(tmp_path / "a.jsonl.gz", tmp_path / "b.jsonl") == told(file) == told(file, file)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--journey", "cart_recovry"], "there is no journey cart_recovry; did you mean cart_recovery?"),
        (["--holdout", "brows=10%"], "there is no journey brows; did you mean browse?"),
        (["--holdout", "ten"], "--holdout ten: write the share like 10% or 0.1"),
        (["--holdout", "0%"], "above 0 and below all"),
        (["--holdout", "100%"], "above 0 and below all"),
        (["--holdout", "nan"], "above 0 and below all"),
        (["nowhere.jsonl"], "cannot read nowhere.jsonl"),
    ],
)
def test_what_it_cannot_do_is_said_and_exits_2(file: Path, options: list[str], message: str) -> None:
    result = run(file, *options)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize(
    "wrong",
    [
        b"oops\n",
        b"{}\n",
        b'{"file": "in.jsonl", "row": 1, "reason": "not_json"}\n',
        b'{"type": "goal.v1", "id": "g"}\n',
        b"\xff\n",
    ],
)
def test_a_line_that_is_no_outcome_is_refused_with_file_and_line(file: Path, wrong: bytes) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:2], wrong, *lines[2:]]))
    result = run(file)
    assert result.exit_code == 2
    assert f"{file}:3: this is no outcome as `stream replay` writes it" in result.stderr


def test_outcomes_without_any_decision_are_refused(tmp_path: Path) -> None:
    result = run(write(tmp_path / "triggers.jsonl"))
    assert (result.exit_code, "there is no decision" in result.stderr) == (2, True)


def test_what_replay_writes_is_read_and_its_goals_end_with_the_window(tmp_path: Path) -> None:
    journey = FILES["journeys/cart_recovery.yaml"] + "goal: {event: order_completed, within: 14d, value: total}\n"
    definitions = load({**FILES, "journeys/cart_recovery.yaml": journey})
    definitions = msgspec.structs.replace(
        definitions, assumed_consents=frozenset({"marketing"}), assumed_holdout="everyone"
    )
    entered_h, window_h = 1, 14 * 24
    orders = {"in": entered_h + window_h, "out": entered_h + window_h + 1 / 3600, "early": 0.5}
    history = [line(0, user, "Product Added", product_id="p") for user in orders]
    history += [line(hours, user, "Order Completed", total=25) for user, hours in orders.items()]
    path = write_lines(tmp_path / "in.jsonl", *history)
    reading = Reading([path], adapter_for("segment", [], definitions.plan), definitions.plan)
    replay(definitions, reading, tmp_path / "out", "drained")
    (found,) = told(*sorted((tmp_path / "out").glob("[dst]e*s.jsonl")))["journeys"]
    assert found["held_out"] == {"users": 2, "reached": 1, "value": 25.0}
    assert found["treated"]["users"] == found["untouched"] == 0
    assert "all were held out, so there is nothing to compare with" in found["warnings"]
