"""A small config as text, and what is wrong with it when a part is replaced."""

from collections.abc import Mapping

from stream.definitions import load
from stream.definitions.problems import ConfigRefused
from stream.definitions.shapes import Definitions

SMALL: Mapping[str, str] = {
    "events.yaml": """\
currency: USD
rates: {EUR: 1.08}
topics:
  clickstream:
    product_viewed: {product_id: string, rating: integer, category: string}
    feature_used:
  cart:
    product_added: {product_id: {type: string, required: true}, quantity: {type: integer, min: 1}}
    order_completed:
      total: {type: money, currency: currency}
      currency: string
      gift: boolean
      products: [{sku: string, quantity: integer, price: money}]
  people:
    consent_changed: {purpose: string, granted: boolean}
""",
    "traits.yaml": """\
views_7d: {count: product_viewed, within: 7d}
orders: {count: order_completed}
spend: {sum: order_completed.total}
last_order_at: {last: order_completed.at}
favourite: {top: product_viewed.category, within: 30d}
aov: {value: spend / orders}
""",
    "actions.yaml": """\
mail: {channel: email, purpose: marketing, template: t, payload: {items: cart.items, code: "'X'"}}
ad: {channel: ads, purpose: advertising, template: t, valid_for: 2d}
""",
    "policy.yaml": "caps: [{channel: email, at_most: 1, within: 16h}]\n",
    "segments/vip.yaml": "describe: Spends.\nwhen: spend >= 200\nexit: spend < 100\n",
    "segments/looker.yaml": "when: views_7d >= 5 and not vip\n",
    "journeys/hello.yaml": """\
enter: {segment: vip, key: cart.id, again_after: 7d}
exit_on: [order_completed]
goal: {event: order_completed, within: 14d, value: total}
steps:
  - trigger: mail
  - wait: 1d
    if_none: [product_viewed, cart_changed]
  - branch:
      - when: aov >= 75
        trigger: ad
      - otherwise: true
        steps:
          - wait: 1h
          - end: too little
  - trigger: mail
""",
}


def loaded(changes: Mapping[str, str] | None = None) -> Definitions:
    """Load the small config with some files replaced or added."""
    return load({**SMALL, **(changes or {})})


def problems(changes: Mapping[str, str]) -> list[str]:
    """Return all that is wrong with the small config once some files are replaced or added."""
    return problems_of({**SMALL, **changes})


def problems_of(files: Mapping[str, str]) -> list[str]:
    """Return all that is wrong with a config, one line each."""
    try:
        load(files)
    except ConfigRefused as refusal:
        return [str(problem) for problem in refusal.problems]
    return []


def edited(file: str, old: str, new: str) -> dict[str, str]:
    """Return the one file of the small config in which `old` became `new`."""
    assert SMALL[file].count(old) == 1, f"{old!r} must stand once in {file}"
    return {file: SMALL[file].replace(old, new)}
