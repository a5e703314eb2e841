"""Definitions of a small shop: what the tests of the runtime decide by."""

from __future__ import annotations

import msgspec

from stream.definitions import load
from stream.definitions.shapes import Definitions

CONFIG = {
    "events.yaml": (
        "currency: EUR\n"
        "topics:\n"
        "  clickstream:\n"
        "    product_viewed: {product_id: string}\n"
        "  cart:\n"
        "    product_added: {product_id: {type: string, required: true}, price: money}\n"
        "    order_completed: {total: money}\n"
        "  email:\n"
        "    email_opened:\n"
        "  people:\n"
        "    erasure_requested:\n"
    ),
    "traits.yaml": "orders: {count: order_completed}\nviews: {count: product_viewed, within: 7d}\n",
    "actions.yaml": "nudge: {channel: email, purpose: marketing, template: nudge, valid_for: 12h}\n",
    "segments/curious.yaml": "when: views >= 2\n",
    "segments/waiting.yaml": "when: cart.quantity > 0 and since(cart.changed_at) >= 1h\n",
    "segments/buyer.yaml": "when: orders >= 1\n",
    "journeys/recovery.yaml": (
        "enter: {segment: waiting, key: cart.id, again_after: 7d}\n"
        "exit_on: [order_completed]\n"
        "steps:\n  - trigger: nudge\n"
    ),
}


def definitions() -> Definitions:
    return msgspec.structs.replace(load(CONFIG), assumed_consents=frozenset({"marketing"}))
