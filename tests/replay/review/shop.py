"""A config with every kind of trouble, and a history that shows it."""

from pathlib import Path

from stream.adapters.formats import adapter_for
from stream.definitions import load
from stream.definitions.shapes import Definitions
from stream.replay.review.reviewing import Asked, review
from stream.replay.review.shapes import Review
from tests.replay.tiny import line, write_lines

FILES = {
    "events.yaml": """
currency: USD
topics:
  clickstream:
    product_viewed: {product_id: string, category: string}
    page_viewed: {path: string}
  cart:
    product_added: {product_id: {type: string, required: true}, price: money}
    order_completed: {total: money, coupon: string}
  people:
    identify: {country: string, first_name: string}
    consent_changed: {purpose: string, granted: boolean}
    erasure_requested: {}
""",
    "traits.yaml": """
views: {count: product_viewed}
favourite: {top: product_viewed.category}
orders: {count: order_completed}
spend: {sum: order_completed.total}
pages: {count: page_viewed}
seen_at: {last: product_viewed.at}
""",
    "segments/everyone.yaml": "describe: All of them.\nwhen: orders >= 0\n",
    "segments/viewer.yaml": "when: views >= 1\n",
    "segments/looker.yaml": "when: views > 0 and orders >= 0\n",
    "segments/buyer.yaml": "when: orders >= 1\n",
    "segments/reader.yaml": "when: pages >= 3\n",
    "segments/whale.yaml": "when: spend >= 1000 and orders >= 2\n",
    "segments/full_cart.yaml": "when: cart.quantity > 0\n",
}

SHOPPERS = 24


def definitions(**segments: str) -> Definitions:
    return load({**FILES, **{f"segments/{name}.yaml": f"when: {when}\n" for name, when in segments.items()}})


def history() -> list[str]:
    """Half of the shoppers look at bikes; the others fill and empty their carts four times, an hour each, and order."""
    lines = []
    for number in range(SHOPPERS):
        user = f"u{number:02d}"
        if number % 2:
            lines += [line(hour, user, "Product Viewed", product_id="p", category="bikes") for hour in (1, 2, 30)]
            continue
        for round_trip in range(4):
            lines.append(line(4 * round_trip, user, "Product Added", product_id="p", price=10, colour="red"))
            lines.append(line(4 * round_trip + 1, user, "Order Completed", total=10))
        lines.append(line(20, user, "Newsletter Read", issue=7))
    return lines


def reviewed(folder: Path, lines: list[str], config: Definitions | None = None, **asked: object) -> Review:
    config = config or definitions()
    path = write_lines(folder / "in.jsonl", *lines)
    return review(config, Asked([path], "segment", adapter_for("segment", [], config.plan), **asked))  # type: ignore[arg-type]
