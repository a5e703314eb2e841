"""`stream explain --trigger ID`: why one was sent, held out, refused, put off or withdrawn."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from stream.adapters.formats import adapter_for
from stream.cli.explain import command
from stream.cli.schema import schema_texts
from stream.definitions import load
from stream.replay.reading import Reading
from stream.replay.replaying import replay
from tests.replay.tiny import line, read_lines, write_lines

FILES = {
    "events.yaml": """\
currency: USD
topics:
  clickstream: {product_viewed: {product_id: string}}
  cart:
    product_added: {product_id: {type: string, required: true}, price: money}
    order_completed: {total: money}
  people:
    identify: {email: string, timezone: string}
    consent_changed: {purpose: string, granted: boolean}
""",
    "actions.yaml": """\
cart_email:
  channel: email
  purpose: marketing
  template: cart
  tier: recovery
  value: cart.total
  applicable: cart.quantity > 0
  withdrawn_on_exit: true
  payload: {items: cart.items, offer: "'TEN'"}
news_email: {channel: email, purpose: marketing, template: news, tier: care}
tip_push: {channel: push, purpose: marketing, template: tip, tier: care}
""",
    "policy.yaml": """\
tiers: [recovery, care]
caps: [{channel: email, at_most: 1, within: 16h}]
exclusive: {one_mail: {of: [{channel: email}], within: 1h}}
""",
    "journeys/cart_recovery.yaml": """\
enter: {event: product_added, key: cart.id}
exit_on: [order_completed]
holdout: 0%
goal: {event: order_completed, within: 14d}
steps:
  - branch:
      - when: cart.total >= 5
        trigger: cart_email
  - wait: 1d
""",
    "journeys/news.yaml": """\
goal: {event: order_completed, within: 14d}
enter: {event: product_added}
holdout: 0%
steps:
  - trigger: news_email
  - choose: [tip_push, news_email]
    policy: thompson
""",
    "journeys/test.yaml": "enter: {event: product_viewed}\nholdout: 100%\nsteps: [{trigger: tip_push}]\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / "config" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "config" / name).write_text(text)
    path = write_lines(
        tmp_path / "in.jsonl",
        line(0, "anna", "identify", email="a@example.com", timezone="Europe/Berlin"),
        line(0, "anna", "Consent Changed", purpose="marketing", granted=True),
        line(1, "bert", "Product Viewed", product_id="p"),
        line(1, "anna", "Product Viewed", product_id="p"),
        line(12, "anna", "Product Added", product_id="p", price=10),
        line(13, "anna", "Order Completed", total=10),
        line(14, "bert", "Product Viewed", product_id="p"),
    )
    definitions = load(FILES)
    replay(
        definitions, Reading([path], adapter_for("segment", [], definitions.plan), definitions.plan), tmp_path / "out"
    )
    return tmp_path


def decided(folder: Path, action: str, verdict: str) -> str:
    """Return the id of the one decision about an action that came to this."""
    decisions = read_lines(folder / "out" / "decisions.jsonl")
    ids = [one["id"] for one in decisions if (one.get("action"), one.get("verdict")) == (action, verdict)]
    return str(ids[0])


def run(folder: Path, *options: str) -> Result:
    data, config = str(folder / "in.jsonl"), str(folder / "config")
    return CliRunner().invoke(command, ["--data", data, "--config", config, *options])


def said(folder: Path, *options: str) -> list[str]:
    result = run(folder, *options)
    assert result.exit_code == 0, result.stderr
    return [" ".join(line.split()) for line in result.stdout.splitlines() if line]


def found(folder: Path, decision: str) -> dict[str, Any]:
    result = run(folder, "--trigger", decision, "--json")
    assert result.exit_code == 0, result.stderr
    explained: dict[str, Any] = json.loads(result.stdout)
    jsonschema.validate(explained, json.loads(schema_texts()["explanation.decision.v1.schema.json"]))
    return explained


def test_a_trigger_is_told_with_its_reasons_its_gates_and_its_rivals(folder: Path) -> None:
    lines = said(folder, "--trigger", decided(folder, "cart_email", "sent"))
    assert lines[0].startswith("cart_email to anna at 2020-01-01T12:00:00Z: sent (")
    assert lines[1].startswith("step 0.0.0 of cart_recovery, definition ")
    assert "by product_added at 2020-01-01T12:00:00Z (in-5)" in lines[1]
    assert lines[2:4] == [
        "proposed because",
        "cart.total >= 5 yes it is 10.00 USD by product_added at 2020-01-01T12:00:00Z (in-5)",
    ]
    assert lines[4:10] == [
        "gates",
        "applicable open",
        "cart.quantity > 0 yes it is 1 by product_added at 2020-01-01T12:00:00Z (in-5)",
        "consent open marketing granted at 1577836800000",
        "caps open 0 of 1 email in 57600 s",
        "exclusion open one_mail",
    ]
    assert lines[10] == "score open 1 x 10 x 1"
    assert lines[11:13] == ["tier recovery, score 10", "news_email of news, tier 1, score 1: came after"]
    assert lines[13] == "by email for marketing, template cart, valid until 2020-01-02T12:00:00Z"
    assert "to email: a@example.com" in lines
    assert 'items: [{"product": "p", "quantity": 1, "price": {"amount": "10.00", "currency": "USD"}}]' in lines
    assert 'offer: "TEN"' in lines


def test_the_run_of_a_decision_is_told_with_all_that_was_decided_in_it(folder: Path) -> None:
    explained = found(folder, decided(folder, "cart_email", "sent"))
    run_told = explained["run"]
    assert (run_told["key"], run_told["ended_because"]) == ("1", "order_completed")
    assert run_told["goal"] == {"at": "2020-01-01T13:00:00Z", "event": "order_completed"}
    assert [fate["verdict"] for fate in run_told["fates"]] == ["sent", "withdrawn"]
    assert explained["fate"] == run_told["fates"][0]
    assert explained["trigger"]["payload"]["offer"] == "TEN"


def test_what_lost_is_told_with_the_gate_that_was_shut_and_to_whom(folder: Path) -> None:
    explained = found(folder, decided(folder, "news_email", "capped"))
    assert explained["user"] == "anna"
    assert "trigger" not in explained
    assert explained["fate"]["gates"][-1] == {"gate": "caps", "passed": False, "said": "1 of 1 email in 57600 s"}
    (rival,) = explained["fate"]["rivals"]
    assert (rival["action"], rival["verdict"], rival["score"]) == ("cart_email", "sent", 10.0)


def test_a_withdrawal_is_told_with_what_it_takes_back(folder: Path) -> None:
    lines = said(folder, "--decision", decided(folder, "cart_email", "withdrawn"))
    assert lines[2] == f"it takes back {decided(folder, 'cart_email', 'sent')}, because of order_completed"


def test_a_choice_is_told_with_its_chance(folder: Path) -> None:
    explained = found(folder, decided(folder, "tip_push", "sent"))
    assert (explained["fate"]["arm"], explained["fate"]["propensity"]) == ("tip_push", 1.0)
    assert "chosen among several with a chance of 1" in said(folder, "--trigger", explained["fate"]["id"])


def test_who_was_held_out_is_told_of_what(folder: Path) -> None:
    lines = said(folder, "anna", "--trigger", decided(folder, "tip_push", "held_out"))
    assert "holdout shut test" in lines


def test_a_decision_is_as_of_a_time(folder: Path) -> None:
    sent = decided(folder, "cart_email", "sent")
    explained = json.loads(run(folder, "--trigger", sent, "--at", "2020-01-01T12:30:00Z", "--json").stdout)
    assert [fate["verdict"] for fate in explained["run"]["fates"]] == ["sent"]
    early = run(folder, "--trigger", sent, "--at", "2020-01-01T11:59:59Z")
    assert early.exit_code == 2
    assert f"no decision {sent} up to 2020-01-01T11:59:59Z; was it decided later (--at)" in early.stderr


def test_an_id_that_is_none_is_refused_with_the_nearest(folder: Path) -> None:
    sent = decided(folder, "cart_email", "sent")
    result = run(folder, "--trigger", f"{sent[:-1]}x")
    assert result.exit_code == 2
    assert f"did you mean {sent}?" in result.stderr
    of_another = run(folder, "bert", "--trigger", sent)
    assert of_another.exit_code == 2
    assert f"no decision {sent} about bert" in of_another.stderr
    both = run(folder, "anna", "--trigger", sent, "--journey", "news")
    assert "--journey and --trigger are different questions" in both.stderr
