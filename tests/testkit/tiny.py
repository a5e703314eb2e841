"""A config with one segment and one journey, as texts by path."""

from stream.definitions import load
from stream.definitions.shapes import Definitions
from stream.testkit.check_scenarios import Checked, read_scenarios

FILES = {
    "events.yaml": (
        "currency: EUR\n"
        "topics:\n"
        "  clickstream:\n"
        "    product_viewed: {product_id: string, rank: integer, promoted: boolean, listed_at: timestamp}\n"
        "  cart:\n"
        "    product_added: {product_id: {type: string, required: true}, price: money, quantity: integer}\n"
        "    order_completed: {total: money}\n"
        "  people:\n"
        "    identify: {country: string}\n"
        "    consent_changed: {purpose: string, granted: boolean}\n"
    ),
    "traits.yaml": "orders: {count: order_completed}\nviews: {count: product_viewed, within: 7d}\n",
    "actions.yaml": (
        "nudge: {channel: email, purpose: marketing, template: nudge, valid_for: 12h, payload: {total: cart.total}}\n"
    ),
    "segments/waiting.yaml": "describe: Has a cart.\nwhen: cart.quantity > 0 and since(cart.changed_at) >= 1h\n",
    "segments/curious.yaml": "describe: Looks around.\nwhen: views >= 2\n",
    "journeys/recovery.yaml": (
        "describe: Win back a cart.\n"
        "enter: {segment: waiting, key: cart.id, again_after: 7d}\n"
        "exit_on: [order_completed]\n"
        "goal: {event: order_completed, within: 14d, value: total}\n"
        "steps:\n  - trigger: nudge\n  - wait: 1d\n  - end: had its day\n"
    ),
}


def definitions() -> Definitions:
    return load(FILES)


def scenario(file: str, text: str) -> tuple[Checked, Definitions]:
    """The one scenario of a text, in a file of that name; its problems fail the test."""
    known = definitions()
    checked, problems = read_scenarios({file: text}, known)
    assert problems == []
    (only,) = checked
    return only, known
