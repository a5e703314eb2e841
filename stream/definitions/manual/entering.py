"""The fields of `enter`: how runs of journeys start."""

from typing import Final

from stream.definitions.manual.entries import Entry, Example, Section

_WITHDRAWN: Final = """\
- name: a refund that comes in late withdraws what was sent after it
  watch: all
  assume_consent: all
  given:
    - {at: 0h, event: order_completed}
    - {at: 30m, arrives: 2h, event: order_refunded}
  until: 3d
  expect:
    - {at: 0h, entered: buyer}
    - {at: 1h, triggered: hello_mail}
    - {at: 1h, withdrawn: hello_mail, because: order_refunded}
    - {at: 1h, ended: greet_buyer, because: order_refunded}
"""
_SHOES: Final = """\
enter:
  event: product_viewed
  where: category == 'shoes'
  key: event.product_id
  again_after: 0d
  again_from: entry
  max_concurrent: 2
  same_key: restart
steps:
  - wait: 2h
  - trigger: banner
"""
_SHOES_TEST: Final = """\
- name: looking again begins the wait anew, and a third pair is one too many
  assume_consent: all
  given:
    - {at: 0h, event: product_viewed, with: {product_id: a, category: shoes}}
    - {at: 1h, event: product_viewed, with: {product_id: a, category: shoes}}
    - {at: 1h, event: product_viewed, with: {product_id: b, category: shoes}}
    - {at: 1h, event: product_viewed, with: {product_id: c, category: shoes}}
    - {at: 1h, event: product_viewed, with: {product_id: h, category: hats}}
  until: 1d
  expect:
    - {at: 1h, ended: shoes, key: a, because: restarted}
    - {at: 3h, triggered: banner, key: a}
    - {at: 3h, triggered: banner, key: b}
    - {at: 3h, ended: shoes, key: a}
    - {at: 3h, ended: shoes, key: b}
"""
_ONCE_TEST: Final = """\
- name: only the first time
  assume_consent: all
  given:
    - {at: 0d, event: feature_used}
    - {at: 90d, event: feature_used}
  expect:
    - {at: 0d, triggered: hello_mail}
    - {at: 0d, ended: tour, because: completed}
"""
_DROPPED: Final = """\
enter: {event: price_dropped, for_each: seen, within: 30d, where: old_price >= 10, key: event.product_id}
capture: {before: event.old_price, after: event.new_price}
steps:
  - branch:
      - when: run.after <= run.before / 2
        trigger: hello_mail
      - otherwise: true
        trigger: banner
"""
_DROPPED_TEST: Final = """\
- name: who saw it hears of it, whoever they are, and who did not does not
  assume_consent: all
  given:
    - {at: 0d, product: p1, with: {price: 20}}
    - {at: 1d, event: product_viewed, with: {product_id: p1}}
    - {at: 1d, user: u2, event: product_added, with: {product_id: p1}}
    - {at: 1d, user: u3, event: product_viewed, with: {product_id: p2}}
    - {at: 31d, product: p1, with: {price: 10}}
  expect:
    - {at: 31d, triggered: hello_mail, key: p1}
    - {at: 31d, ended: dropped, key: p1}
    - {at: 31d, triggered: hello_mail, user: u2, key: p1}
    - {at: 31d, ended: dropped, user: u2, key: p1}
- name: seen a second too long ago, or dearer, or cheap before
  given:
    - {at: 0d, product: p1, with: {price: 20}}
    - {at: 0d, product: p2, with: {price: 20}}
    - {at: 0d, product: p3, with: {price: 9}}
    - {at: 1d, event: product_viewed, with: {product_id: p1}}
    - {at: 2d, event: product_viewed, with: {product_id: p2}}
    - {at: 2d, event: product_viewed, with: {product_id: p3}}
    - {at: 3d, product: p2, with: {price: 21}}
    - {at: 3d, product: p3, with: {price: 5}}
    - {at: 31d1s, product: p1, with: {price: 15}}
  expect: []
"""

ENTER: Final = Section(
    "enter",
    "How a run starts",
    "By entering a segment, or by an event: one of the two.",
    (
        Entry("segment", "The segment that is entered; of one with tiers, one of them: `stage.buyer`.", "segment"),
        Entry("event", "The event that happens.", "name"),
        Entry(
            "for_each",
            "Of `price_dropped` and `back_in_stock`, and needed there: for whom. Each user of them starts a run who has"
            " `seen` the product (or put it into a cart), has `carted` it, or has `bought` it. Who has bought it in"
            " that time counts as neither of the first two.",
            "choice",
            "seen carted bought",
            without="the event is of one user",
            bound="of a user the latest 20 products seen, 20 carted and 100 bought; of users as many as there are",
        ),
        Entry("within", "Of `for_each`: how long ago that was at most.", "duration", without="as long as it is kept"),
        Entry("where", "A condition over the event's own properties.", "condition", without="every occurrence"),
        Entry(
            "key",
            "Tells the runs of one user apart, one of a key at a time: an expression, or `event.PROPERTY`.",
            "expression",
            without="one run a user",
        ),
        Entry("once", "A user enters once and never again.", "flag", without="false"),
        Entry(
            "again_after",
            "No run starts so long after the last one of the user ended, of whatever key.",
            "duration",
            without="7d",
        ),
        Entry(
            "again_from",
            "Count that from the last `exit`, or from the last `entry`.",
            "choice",
            "exit entry",
            without="exit",
        ),
        Entry(
            "max_concurrent", "So many runs of a user may be under way, each of its key.", "whole", without="no limit"
        ),
        Entry(
            "same_key",
            "Where a key comes again whose run is under way: `ignore` it, or `restart` that run.",
            "choice",
            "ignore restart",
            without="ignore",
        ),
    ),
    Example(
        {
            "traits.yaml": "orders: {count: order_completed}\n",
            "segments/buyer.yaml": "when: orders >= 1\n",
            "journeys/greet_buyer.yaml": "enter: {segment: buyer}\nexit_on: [order_refunded]\n"
            "steps: [{wait: 1h}, {trigger: hello_mail}, {wait: 1d}, {trigger: banner}]\n",
            "journeys/greet_buyer.test.yaml": _WITHDRAWN,
            "journeys/shoes.yaml": _SHOES,
            "journeys/shoes.test.yaml": _SHOES_TEST,
            "journeys/dropped.yaml": _DROPPED,
            "journeys/dropped.test.yaml": _DROPPED_TEST,
            "journeys/tour.yaml": "enter: {event: feature_used, once: true}\nsteps: [{trigger: hello_mail}]\n",
            "journeys/tour.test.yaml": _ONCE_TEST,
        }
    ),
)
