"""The shop of drawn journeys: its events, traits and segments, and what is told of users in it."""

from typing import Final

EVENTS: Final = """\
currency: USD
topics:
  people:
    identify: {email: string, phone: string, timezone: string, country: string}
    consent_changed: {purpose: string, granted: boolean}
    erasure_requested:
  clickstream:
    viewed: {product_id: string, n: integer, at_hand: string}
    measured: {n: integer, t: timestamp, product_id: string}
    closed: {product_id: string, n: integer}
  cart:
    product_added: {product_id: string, quantity: integer, cart_id: string, price: money}
    product_removed: {product_id: string, cart_id: string}
    order_completed: {order_id: string, cart_id: string, product_id: string, total: money}
  email:
    email_delivered: {trigger_id: string}
    email_opened: {trigger_id: string}
    email_link_clicked: {trigger_id: string}
    email_bounced: {trigger_id: string, bounce_type: string}
    email_marked_as_spam: {trigger_id: string}
    unsubscribed: {trigger_id: string}
"""
TRAITS: Final = """\
n: {last: measured.n}
t: {last: measured.t}
seen: {last: viewed.at}
product: {last: viewed.product_id}
views: {count: viewed, within: 2h}
spend: {sum: order_completed.total, within: 1d}
"""
SEGMENTS: Final = {
    "keen": "views >= 2",
    "gone": "since(seen) >= 1h",
    "rich": "n >= 3",
    "holder": "cart.quantity >= 1",
    "lost": "gone and not holder",
    "stage": "",
}
TIERS: Final = "tiers:\n  buyer: spend >= 10\n  looker: views >= 1\n  rest: otherwise\n"
TOLD: Final = ("told: {count: trigger_sent, within: 1d}\n", "told >= 2")
"""A trait and a segment that rest on what was sent: ghosts do not count into them."""
