"""All shipped journeys over a real history: reasons are derived again, and carts read from the rows themselves."""

import gzip
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from stream.adapters.formats import adapter_for
from stream.definitions import load
from stream.definitions.shapes import Definitions
from stream.model.outcomes import Decision, RunChange, Trigger
from stream.replay.reading import Reading
from stream.testkit.files import read_config
from tests.checkers.triggers import Checker
from tests.checkers.witness import Account, witnessed
from tests.data_sets import TAOBAO, data_file

pytestmark = pytest.mark.data

CONFIG = Path(__file__).parents[2] / "config"
LAST_MS = 1_512_316_763_000
WATCHED_MS = LAST_MS + 35 * 86_400_000
"""The file ends after nine days; the journeys go on for some weeks."""

OF_CARTS = {"similar_item_email", "free_shipping_ad", "reminder_ad", "customer_success_email"}


def definitions() -> Definitions:
    """Return the shipped definitions, read anew; of consent the file says nothing."""
    found = load(read_config(CONFIG))
    purposes = frozenset(purpose for action in found.actions.values() for purpose in action.purposes)
    return msgspec.structs.replace(found, assumed_consents=purposes)


@pytest.fixture(scope="module")
def account() -> Account:
    shipped = definitions()
    reading = Reading([data_file(TAOBAO)], adapter_for("taobao", [], shipped.plan), shipped.plan)
    return witnessed(shipped, reading.events(), WATCHED_MS)


class Row(NamedTuple):
    """A row about a cart, in the order of time and of the file."""

    at_ms: int
    number: int
    item: str
    is_order: bool


@pytest.fixture(scope="module")
def rows() -> dict[str, list[Row]]:
    """Return what each user put into the cart and bought, read without any of ours."""
    found: dict[str, list[Row]] = defaultdict(list)
    with gzip.open(data_file(TAOBAO), "rt") as lines:
        for number, text in enumerate(lines):
            user, item, _, behaviour, seconds = text.strip().split(",")
            if behaviour in ("cart", "buy"):
                found[user].append(Row(int(seconds) * 1_000, number, item, behaviour == "buy"))
    return {user: sorted(its) for user, its in found.items()}


def cart_triggers(account: Account) -> list[Trigger]:
    return [moment.trigger for moment in account.moments if moment.trigger.action in OF_CARTS]


def lying(rows: list[Row], at_ms: int) -> dict[str, int]:
    """Return the pieces in the cart at a time: what was put in since the last order, which empties it."""
    pieces: dict[str, int] = {}
    for row in rows:
        if row.at_ms <= at_ms:
            pieces = {} if row.is_order else {**pieces, row.item: pieces.get(row.item, 0) + 1}
    return pieces


def test_thousands_of_triggers_are_each_derived_again_from_the_profile(account: Account) -> None:
    by_journey = Counter(moment.trigger.journey for moment in account.moments)
    findings = Checker(definitions(), account).findings()
    assert not findings, f"{len(findings)} of {by_journey}:\n" + "\n".join(findings[:10])
    assert by_journey.total() > 5_000, by_journey
    assert by_journey.keys() >= {"cart_recovery", "consideration", "discovery", "post_purchase", "review_request"}
    verdicts = Counter(one.verdict for decisions in account.decisions.values() for one in decisions)
    assert verdicts.keys() >= {"sent", "held_out", "capped", "unreachable", "withdrawn"}, verdicts


def test_no_trigger_about_a_cart_comes_after_the_purchase(account: Account, rows: dict[str, list[Row]]) -> None:
    """Not a ghost of one either, to whoever is held out."""
    decided = [one for one in (*_decided(account, "sent"), *_decided(account, "held_out")) if one.action in OF_CARTS]
    assert len(decided) > 1_200, Counter(one.action for one in decided)
    for one in decided:
        before = [row for row in rows[one.user_id] if row.at_ms <= one.at_ms]
        assert not before[-1].is_order, one


def test_what_a_trigger_says_lies_in_the_cart_is_what_the_rows_say(
    account: Account, rows: dict[str, list[Row]]
) -> None:
    told = 0
    for trigger in cart_triggers(account):
        pieces = lying(rows[trigger.user_id], trigger.at_ms)
        if "items" in trigger.payload:
            items = msgspec.convert(trigger.payload["items"], list[dict[str, str | int]])
            assert {str(item["product"]): item["quantity"] for item in items} == pieces, trigger
            told += 1
        elif trigger.payload.get("item"):
            assert trigger.payload["item"] in pieces, trigger
    assert told > 700


def test_a_purchase_ends_the_run_at_once_and_takes_back_what_is_valid(
    account: Account, rows: dict[str, list[Row]]
) -> None:
    """Purchases while a trigger is valid: the run is over at that very time, and the ads that stand are withdrawn."""
    ended = {one.run_id: one for changes in account.runs.values() for one in changes if one.change == "ended"}
    withdrawn = {(one.run_id, one.step): one for one in _decided(account, "withdrawn")}
    shipped, bought = definitions(), 0
    for trigger in cart_triggers(account):
        orders = [row.at_ms for row in rows[trigger.user_id] if row.is_order and row.at_ms > trigger.at_ms]
        if not orders or orders[0] >= trigger.valid_until_ms:
            continue
        bought += 1
        end: RunChange = ended[trigger.run_id]
        assert end.at_ms <= orders[0], trigger
        if shipped.actions[trigger.action].withdrawn_on_exit and end.reason != "completed":
            assert withdrawn[trigger.run_id, trigger.step].at_ms == end.at_ms, trigger
        later = [one for one in cart_triggers(account) if one.run_id == trigger.run_id and one.at_ms >= orders[0]]
        assert not later, trigger
    assert bought > 100


def _decided(account: Account, verdict: str) -> list[Decision]:
    return [one for decisions in account.decisions.values() for one in decisions if one.verdict == verdict]
