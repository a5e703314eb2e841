"""A tiny config and histories for it."""

import json
from pathlib import Path

from stream.definitions import load
from stream.definitions.shapes import Definitions

FILES = {
    "events.yaml": """
currency: USD
topics:
  clickstream:
    product_viewed: {product_id: string}
  cart:
    product_added: {product_id: {type: string, required: true}, price: {type: money}}
    order_completed: {total: {type: money}}
  people:
    consent_changed: {purpose: string, granted: boolean}
""",
    "traits.yaml": "views_1d: {count: product_viewed, within: 1d}\n",
    "segments/cart_abandoner.yaml": """
describe: Left a cart an hour ago.
when: cart.quantity > 0 and since(cart.changed_at) >= 1h
""",
    "actions.yaml": """
cart_email: {channel: email, purpose: marketing, template: cart, valid_for: 24h, payload: {items: cart.items}}
""",
    "policy.yaml": "caps: [{channel: email, at_most: 1, within: 16h}]\nmax_trigger_age: 4h\n",
    "journeys/cart_recovery.yaml": """
describe: Win back a cart.
enter: {segment: cart_abandoner, key: cart.id, again_after: 7d}
exit_on: [order_completed]
steps:
  - trigger: cart_email
  - wait: 24h
  - trigger: cart_email
""",
}

HOUR_MS = 3_600_000
START_MS = 1_577_836_800_000


def tiny_definitions() -> Definitions:
    return load(FILES)


def write_config(folder: Path) -> Path:
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def line(hours: float, user: str, event: str, **properties: object) -> str:
    call: dict[str, object] = {"type": "track", "userId": user, "event": event}
    return json.dumps({**call, "timestamp": START_MS + int(hours * HOUR_MS), "properties": properties})


def write_lines(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{one}\n" for one in lines))
    return path


def read_lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(one) for one in path.read_text().splitlines()]
