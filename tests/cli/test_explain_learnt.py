"""A decision that went by what others taught is explained as it was made, also from what a replay wrote of that."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from stream.cli.explain import command as explain
from stream.cli.replay import command as replay
from tests.replay.tiny import line, read_lines, write_lines

FILES = {
    "events.yaml": "currency: EUR\ntopics:\n  clickstream: {visited: }\n  cart: {order_completed: }\n",
    "actions.yaml": "mail: {channel: email, purpose: service, template: a}\n"
    "text: {channel: sms, purpose: service, template: b}\n",
    "policy.yaml": "without_consent: [service]\n",
    "journeys/j.yaml": "enter: {event: visited}\ngoal: {event: order_completed, within: 1d}\n"
    "steps:\n  - choose: [mail, text]\n    policy: thompson\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("learnt")
    for name, text in FILES.items():
        (folder / "config" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "config" / name).write_text(text)
    visits = [line(0.1 * number, f"u{number}", "Visited") for number in range(40)]
    orders = [line(0.1 * number + 0.05, f"u{number}", "Order Completed") for number in range(0, 40, 3)]
    write_lines(folder / "in.jsonl", *visits, *orders)
    asked = [str(folder / "in.jsonl"), "--format", "segment", "--config", str(folder / "config")]
    assert CliRunner().invoke(replay, [*asked, "--out", str(folder / "out")]).exit_code == 0
    return folder


def explained(folder: Path, trigger: str, *options: str) -> object:
    asked = ["--trigger", trigger, "--data", str(folder / "in.jsonl"), "--config", str(folder / "config"), "--json"]
    result = CliRunner().invoke(explain, [*asked, *options])
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_what_a_choice_went_by_is_in_the_file_of_snapshots_and_explains_it(folder: Path) -> None:
    versions = {each["version"] for each in read_lines(folder / "out" / "references.jsonl")}
    triggers = read_lines(folder / "out" / "triggers.jsonl")
    last = next(each for each in triggers if each["user_id"] == "u39")
    assert last["why"]["reference"] in versions  # type: ignore[index]  # what is read is any JSON
    assert last["propensity"] != 0.5
    told = explained(folder, str(last["id"]))
    assert f'"propensity": {last["propensity"]}' in json.dumps(told)
    assert explained(folder, str(last["id"]), "--references", str(folder / "out" / "references.jsonl")) == told


def test_a_file_that_holds_no_snapshots_is_refused(folder: Path) -> None:
    trigger = str(read_lines(folder / "out" / "triggers.jsonl")[0]["id"])
    asked = ["--trigger", trigger, "--data", str(folder / "in.jsonl"), "--config", str(folder / "config")]
    result = CliRunner().invoke(explain, [*asked, "--references", str(folder / "in.jsonl")])
    assert result.exit_code == 2
    assert "holds no snapshots of a replay" in result.stderr
