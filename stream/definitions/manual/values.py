"""The values of conditions, and the cart's fields."""

from typing import Final

from stream.definitions.manual.entries import Entry, Example, Section, trait

_CART_STORY: Final = (
    "0h product_added {product_id: p1, price: 20, quantity: 2}\n1h product_added {product_id: p2, price: 30}\n"
)
_ORDERED: Final = "last_order_at: {last: order_completed.at}"

VALUES: Final = Section(
    "values",
    "Values",
    "",
    (
        Entry(
            "30m, 1h, 7d, 4w",
            "Durations: a whole number of seconds, minutes, hours, days or weeks, and ten years at most.",
            example=trait(
                _ORDERED, "0d order_completed\n1d => since(last_order_at) >= 24h\n1d => 1d == 24h and 4w == 28d"
            ),
        ),
        Entry(
            "200, 12.50",
            "Numbers, in plain digits. Beside money they are amounts in the shop's currency.",
            example=trait(
                "spend: {sum: order_completed.total}", "0d order_completed {total: 12.50}\n0d => spend == 12.50"
            ),
        ),
        Entry(
            "'shoes'",
            "Texts, in quotes of either kind.",
            example=trait(
                "last_category: {last: product_viewed.category}",
                '0d product_viewed {category: shoes}\n0d => last_category == "shoes"',
            ),
        ),
        Entry(
            "true, false",
            "The two that a condition comes to.",
            example=trait(
                "last_machine: {last: email_opened.machine}",
                "0d email_opened {machine: false}\n0d => last_machine == false",
            ),
        ),
        Entry(
            "TRAIT",
            "The value of a trait, by its name.",
            example=trait("orders: {count: order_completed}", "0d order_completed\n0d => orders == 1"),
        ),
        Entry(
            "SEGMENT",
            "Whether the user is in a segment, by its name; never unknown.",
            example=trait("orders: {count: order_completed}", "0d order_completed\n0d => orders == 1 and not newcomer"),
        ),
        Entry(
            "SEGMENT.TIER",
            "Whether the user is in a tier of a segment; the segment's name alone is the tier's, as a text.",
            example=Example(
                {
                    "traits.yaml": "orders: {count: order_completed}\n",
                    "segments/stage.yaml": "tiers:\n  buyer: orders >= 1\n  visitor: otherwise\n",
                },
                "0d product_viewed\n0d => stage.visitor\n1d order_completed\n1d => stage == 'buyer'\n",
            ),
        ),
        Entry(
            "PROPERTY",
            "What users say of themselves: a property that `identify` has in the tracking plan.",
            example=trait("orders: {count: order_completed}", "0d identify {country: DE}\n0d => country == 'DE'"),
        ),
    ),
)

CART: Final = Section(
    "cart",
    "The cart",
    "The cart is built in: `product_added`, `product_removed` and `order_completed` change it.",
    (
        Entry(
            "cart.quantity",
            "How many pieces are in it.",
            example=trait(_ORDERED, _CART_STORY + "1h => cart.quantity == 3"),
        ),
        Entry("cart.total", "What they cost.", example=trait(_ORDERED, _CART_STORY + "1h => cart.total == 70")),
        Entry(
            "cart.items",
            "What is in it, for payloads.",
            example=trait(_ORDERED, _CART_STORY + "1h => known(cart.items)"),
        ),
        Entry(
            "cart.changed_at",
            "When it last changed.",
            example=trait(
                _ORDERED, _CART_STORY + "90m => since(cart.changed_at) < 1h\n2h => since(cart.changed_at) >= 1h"
            ),
        ),
        Entry(
            "cart.dearest_item",
            "The product with the highest price.",
            example=trait(_ORDERED, _CART_STORY + "1h => cart.dearest_item == 'p2'"),
        ),
        Entry(
            "cart.id",
            "Its id, where the shop sends one.",
            example=trait(_ORDERED, _CART_STORY + "1h => known(cart.id)"),
        ),
    ),
)
