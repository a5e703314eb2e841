"""The events that the decisions themselves make."""

from typing import Final

from stream.definitions.manual.entries import Entry, Example, Section, trait

_GREETED: Final = {
    "traits.yaml": "mails: {count: trigger_sent, where: channel == 'email'}\n",
    "journeys/greet.yaml": "enter: {event: feature_used}\nsteps: [{trigger: hello_mail}]\n",
}
_DROPS: Final = """\
- name: it counts once the price is below 20, for who has seen the product
  given:
    - {at: 0h, product: p1, with: {price: 25}}
    - {at: 0h, event: product_viewed, with: {product_id: p1}}
    - {at: 0h, user: u2, event: product_viewed, with: {product_id: p2}}
    - {at: 1h, product: p1, with: {price: 20}}
    - {at: 2h, product: p1, with: {price: 19}}
  expect:
    - {at: 2h, entered: tempted}
"""
_BACK: Final = """\
- name: who put it into a cart hears of it, who only saw it does not
  assume_consent: all
  given:
    - {at: 0h, product: p1, with: {stock: 0}}
    - {at: 0h, event: product_added, with: {product_id: p1}}
    - {at: 0h, user: u2, event: product_viewed, with: {product_id: p1}}
    - {at: 2h, product: p1, with: {stock: 3}}
  until: 1d
  expect:
    - {at: 3h, triggered: hello_mail}
    - {at: 3h, ended: back, because: completed}
"""

DERIVED: Final = Section(
    "derived events",
    "Events made by the decisions themselves",
    "They are counted and waited for like any other, and are not planned in `events.yaml`.",
    (
        Entry(
            "cart_changed",
            "Something was put into the cart or taken out of it. Its property: `cart_id`.",
            example=trait(
                "cart_changes: {count: cart_changed}",
                "0h product_added {product_id: p1}\n1h product_added {product_id: p2}\n1h => cart_changes == 2",
            ),
        ),
        Entry(
            "cart_emptied",
            "The last thing was taken out of the cart, by an order too. Its property: `cart_id`.",
            example=trait(
                "carts_emptied: {count: cart_emptied}",
                "0h product_added {product_id: p1}\n0h => carts_emptied == 0\n1h order_completed\n"
                "1h => carts_emptied == 1",
            ),
        ),
        Entry(
            "segment_entered",
            "A segment was entered, or one of its tiers. Its properties: `segment`, `tier`.",
            example=Example(
                {
                    "traits.yaml": "orders: {count: order_completed}\n"
                    "times_buyer: {count: segment_entered, where: segment == 'buyer'}\n",
                    "segments/buyer.yaml": "when: orders >= 1\n",
                },
                "0h order_completed\n1h => times_buyer == 1\n",
            ),
        ),
        Entry(
            "segment_exited",
            "A segment was left, or one of its tiers. Its properties: `segment`, `tier`.",
            example=Example(
                {
                    "traits.yaml": "orders_7d: {count: order_completed, within: 7d}\n"
                    "left_buyers_at: {last: segment_exited.at}\n",
                    "segments/buyer.yaml": "when: orders_7d >= 1\n",
                },
                "0d order_completed\n6d => not known(left_buyers_at)\n10d => since(left_buyers_at) >= 2d\n",
            ),
        ),
        Entry(
            "trigger_sent",
            "A trigger was sent. Its properties: `action`, `channel`, `journey`.",
            example=Example(
                _GREETED,
                "0h consent_changed {purpose: marketing, granted: true}\n1h feature_used\n1h => mails == 1\n",
            ),
        ),
        Entry(
            "consent_withdrawn",
            "A consent that was given is taken back. Its property: `purpose`.",
            example=trait(
                "refusals: {count: consent_withdrawn, where: purpose == 'marketing'}",
                "0h consent_changed {purpose: marketing, granted: true}\n1h => refusals == 0\n"
                "2h consent_changed {purpose: marketing, granted: false}\n2h => refusals == 1",
            ),
        ),
        Entry(
            "session_started",
            "The first activity after a session had ended.",
            example=trait(
                "visits: {count: session_started}",
                "0m product_viewed\n10m product_viewed\n2h product_viewed\n2h => visits == 2",
            ),
        ),
        Entry(
            "session_ended",
            "A session is over, by time alone. Its properties: `pages`, `events`, `duration`, `entry_page`,"
            " `exit_page`, `last_event`.",
            example=trait(
                "long_visits: {count: session_ended, where: duration >= 10m and events >= 2}",
                "0m product_viewed\n15m product_viewed\n20m => long_visits == 0\n1h => long_visits == 1",
            ),
        ),
        Entry(
            "page_left",
            "The next page was viewed. Its properties: `page`, `dwell`.",
            example=Example(
                {
                    "events.yaml": "currency: USD\ntopics: {clickstream: {page_viewed: {path: string}}}\n",
                    "traits.yaml": "pricing_dwell: {sum: page_left.dwell, where: page == '/pricing'}\n",
                },
                "0m page_viewed {path: /pricing}\n3m page_viewed {path: /}\n3m => pricing_dwell == 3m\n",
            ),
        ),
        Entry(
            "price_dropped",
            "The catalogue tells a lower price of a product that the user saw, carted or bought. Its properties:"
            " `product_id`, `old_price`, `new_price`. A journey that it starts says for whom: `for_each`.",
            example=Example(
                {
                    "traits.yaml": "drops: {count: price_dropped, where: new_price < 20}\n"
                    "views: {count: product_viewed}\n",
                    "segments/tempted.yaml": "when: drops >= 1\n",
                    "segments/tempted.test.yaml": _DROPS,
                }
            ),
        ),
        Entry(
            "back_in_stock",
            "The catalogue tells that such a product can be bought again, which was sold out. Its property:"
            " `product_id`. A journey that it starts says for whom: `for_each`.",
            example=Example(
                {
                    "traits.yaml": "views: {count: product_viewed}\n",
                    "journeys/back.yaml": "enter: {event: back_in_stock, for_each: carted}\n"
                    "exit_on: [order_completed]\nsteps: [{wait: 1h}, {trigger: hello_mail}]\n",
                    "journeys/back.test.yaml": _BACK,
                }
            ),
        ),
    ),
)
