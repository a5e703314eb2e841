"""`stream explain USER --journey NAME`: where a user is in a journey, or why not in it."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from stream.cli.explain import command
from stream.cli.schema import schema_texts
from tests.replay.tiny import line, write_lines

FILES = {
    "events.yaml": """\
currency: USD
topics:
  clickstream: {product_viewed: {product_id: string}}
  cart:
    product_added: {product_id: {type: string, required: true}, price: money}
    order_completed: {total: money}
  people:
    identify: {timezone: string}
    consent_changed: {purpose: string, granted: boolean}
    erasure_requested:
""",
    "traits.yaml": "orders: {count: order_completed}\n",
    "segments/cart_abandoner.yaml": "when: cart.quantity > 0 and since(cart.changed_at) >= 1h\n",
    "actions.yaml": """\
cart_email:
  {channel: email, purpose: marketing, template: cart, valid_for: 3d, withdrawn_on_exit: true, payload: {n: orders}}
cart_sms: {channel: sms, purpose: marketing, template: cart}
shoe_email: {channel: email, purpose: marketing, template: shoes, weight: 2}
""",
    "policy.yaml": """\
caps: [{channel: email, at_most: 1, within: 16h}]
quiet_hours: [{channels: [sms], between: 20:00-09:00, then: defer}]
""",
    "journeys/cart_recovery.yaml": """\
enter: {segment: cart_abandoner, key: cart.id, again_after: 7d}
exit_on: [order_completed]
holdout: 0%
goal: {event: order_completed, within: 14d, value: total}
steps:
  - trigger: cart_email
  - wait: 9h
    if_none: [cart_changed]
  - trigger: cart_sms
  - wait_for: product_viewed
    at_most: 2d
    otherwise: [{end: lost}]
""",
    "journeys/shoes.yaml": """\
enter: {event: product_viewed, where: product_id == "shoes", once: true}
holdout: 100%
steps: [{trigger: shoe_email}]
""",
}
BERLIN = {"timezone": "Europe/Berlin"}
GRANTED = {"purpose": "marketing", "granted": True}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / "config" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "config" / name).write_text(text)
    write_lines(
        tmp_path / "in.jsonl",
        *(line(0, user, "identify", **BERLIN) for user in ("anna", "bert", "cleo")),
        *(line(0, user, "Consent Changed", **GRANTED) for user in ("anna", "bert")),
        line(1, "dora", "Product Viewed", product_id="hat"),
        line(2, "dora", "Product Viewed", product_id="shoes"),
        line(3, "dora", "Product Viewed", product_id="shoes"),
        *(line(12, user, "Product Added", product_id="p", price=10) for user in ("anna", "bert", "cleo")),
        line(12.5, "bert", "Order Completed", total=10),
        line(40, "anna", "Order Completed", total=10),
        line(42, "anna", "Product Added", product_id="q", price=10),
        line(50, "anna", "Product Viewed", product_id="q"),
    )
    return tmp_path


def run(folder: Path, *options: str) -> Result:
    data, config = str(folder / "in.jsonl"), str(folder / "config")
    return CliRunner().invoke(command, ["--data", data, "--config", config, *options])


def said(folder: Path, *options: str) -> list[str]:
    result = run(folder, *options)
    assert result.exit_code == 0, result.stderr
    return [" ".join(line.split()) for line in result.stdout.splitlines() if line]


def found(folder: Path, user: str, journey: str, at: str) -> dict[str, Any]:
    result = run(folder, user, "--journey", journey, "--at", at, "--json")
    assert result.exit_code == 0, result.stderr
    explained: dict[str, Any] = json.loads(result.stdout)
    jsonschema.validate(explained, json.loads(schema_texts()["explanation.journey.v1.schema.json"]))
    return explained


def test_who_never_entered_is_told_how_the_condition_of_the_way_in_stands(folder: Path) -> None:
    lines = said(folder, "bert", "--journey", "cart_recovery")
    assert lines[0] == "bert and cart_recovery at 2020-01-03T02:00:00Z, after 4 events: never in it"
    assert lines[1] == "the way in is cart_abandoner: out, never in it"
    assert lines[2].startswith("cart.quantity > 0 no it is 0")
    assert found(folder, "bert", "cart_recovery", "2020-01-03")["state"] == "never"


def test_an_event_that_did_not_come_is_named(folder: Path) -> None:
    lines = said(folder, "bert", "--journey", "shoes")
    assert lines[-1] == 'the way in is product_viewed where product_id == "shoes", which did not come'


@pytest.mark.parametrize(("at", "state"), [("2020-01-01T12:59:59Z", "never"), ("2020-01-01T13:00:00Z", "inside")])
def test_a_user_is_inside_from_the_moment_of_entry(folder: Path, at: str, state: str) -> None:
    assert found(folder, "anna", "cart_recovery", at)["state"] == state


def test_who_waits_is_told_at_which_step_until_when_and_what_ends_it(folder: Path) -> None:
    explained = found(folder, "anna", "cart_recovery", "2020-01-01T14:00:00Z")
    (run,) = explained["runs"]
    assert run["since"] == "2020-01-01T13:00:00Z"
    assert run["cause"] == {"id": "time"}
    assert run["waiting"] == {
        "step": "1",
        "how": "time",
        "since": "2020-01-01T13:00:00Z",
        "until": "2020-01-01T22:00:00Z",
        "ends_at": ["cart_changed", "order_completed"],
    }
    assert [(fate["action"], fate["verdict"]) for fate in run["fates"]] == [("cart_email", "sent")]


def test_what_is_put_off_is_told_with_the_gate_and_until_when(folder: Path) -> None:
    lines = said(folder, "anna", "--journey", "cart_recovery", "--at", "2020-01-01T23:00:00Z")
    assert (
        "step 2: put off until 2020-01-02T08:00:00Z, since 2020-01-01T22:00:00Z, and ends at order_completed" in lines
    )
    (deferred,) = (at for at, text in enumerate(lines) if "cart_sms deferred until 2020-01-02T08:00:00Z (" in text)
    assert lines[deferred + 1] == "quiet hours shut Europe/Berlin"
    released = found(folder, "anna", "cart_recovery", "2020-01-02T08:00:00Z")["runs"][0]
    assert [(fate["verdict"], fate.get("until", "")) for fate in released["fates"]] == [
        ("sent", ""),
        ("deferred", ""),
        ("sent", ""),
    ]


def test_who_waits_for_an_event_is_told_which(folder: Path) -> None:
    lines = said(folder, "anna", "--journey", "cart_recovery", "--at", "2020-01-02T09:00:00Z")
    (waits,) = (text for text in lines if text.startswith("step 3: "))
    assert waits.startswith("step 3: waits for product_viewed until 2020-01-04T08:00:00Z, since 2020-01-02T08:00:00Z")


def test_why_it_ended_what_it_took_back_and_why_it_does_not_begin_again(folder: Path) -> None:
    lines = said(folder, "anna", "--journey", "cart_recovery")
    assert lines[0].endswith(": not in it any more")
    assert lines[1].startswith(
        "run of 1 since 2020-01-01T13:00:00Z, by time, ended at 2020-01-02T16:00:00Z: order_comp"
    )
    assert lines[2] == "goal order_completed reached at 2020-01-02T16:00:00Z, worth 10"
    assert any("cart_email withdrawn by order_completed" in text for text in lines)
    assert "at 2020-01-02T19:00:00Z by time: too soon after the last exit" in lines
    (way_in,) = (
        text for text in lines if text.startswith("the way in is cart_abandoner: in since 2020-01-02T19:00:00Z")
    )
    assert way_in.endswith("; not again before 2020-01-09T16:00:00Z")


def test_a_gate_that_refused_is_told_with_what_it_said(folder: Path) -> None:
    lines = said(folder, "cleo", "--journey", "cart_recovery", "--at", "2020-01-01T14:00:00Z")
    (refused,) = (at for at, text in enumerate(lines) if "cart_email no consent (" in text)
    assert lines[refused + 1] == "consent shut marketing never granted"
    assumed = said(folder, "cleo", "--journey", "cart_recovery", "--assume-consent", "all")
    assert any("cart_email sent (" in text for text in assumed)


def test_who_is_held_out_is_told_so_and_an_event_of_which_the_condition_is_not_true(folder: Path) -> None:
    lines = said(folder, "dora", "--journey", "shoes", "--assume-consent", "all")
    assert lines[1] == "held out of shoes: what would be sent is recorded, and not sent"
    assert any("step 0 shoe_email held out (" in text for text in lines)
    at = lines.index("not entered")
    assert "by product_viewed at 2020-01-01T01:00:00Z" in lines[at + 1]
    assert lines[at + 1].endswith(': not true of the event: product_id == "shoes"')
    assert lines[at + 2].endswith(": it was entered before")


def test_who_never_entered_for_something_was_against_it_is_refused(folder: Path) -> None:
    explained = found(folder, "dora", "shoes", "2020-01-01T01:30:00Z")
    assert explained["state"] == "refused"
    (refusal,) = explained["not_entered"]
    assert refusal["because"] == 'not true of the event: product_id == "shoes"'
    assert explained["way_in"] == {"event": "product_viewed", "where": 'product_id == "shoes"'}


def test_nothing_is_told_of_who_was_erased_and_they_begin_anew(folder: Path) -> None:
    with (folder / "in.jsonl").open("a") as history:
        history.write(line(60, "anna", "Erasure Requested") + "\n" + line(70, "anna", "Product Viewed") + "\n")
    result = run(folder, "anna", "--journey", "cart_recovery", "--at", "2020-01-03T12:00:00Z")
    assert result.exit_code == 2
    assert "nothing is known of anna at 2020-01-03T12:00:00Z" in result.stderr
    assert run(folder, "anna", "--at", "2020-01-03T12:00:00Z").exit_code == 2
    assert found(folder, "anna", "cart_recovery", "2020-01-04")["user"] == "anna"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["anna", "--journey", "cart_recover"], "there is no journey cart_recover; did you mean cart_recovery?"),
        (["ana", "--journey", "shoes"], "there is no event of ana; did you mean anna?"),
        (["--journey", "shoes"], "say of which USER"),
        (
            ["anna", "--journey", "shoes", "--segment", "cart_abandoner"],
            "--segment and --journey are different questions",
        ),
        (["anna", "--journey", "shoes", "--assume-consent", "marketin"], "did you mean marketing?"),
    ],
)
def test_what_cannot_be_answered_is_said_and_exits_2(folder: Path, options: list[str], message: str) -> None:
    result = run(folder, *options)
    assert result.exit_code == 2
    assert message in result.stderr
