"""The functions and the operators of conditions."""

from typing import Final

from stream.definitions.manual.customers import CUSTOMERS
from stream.definitions.manual.entries import Entry, Example, Section, trait
from stream.definitions.manual.local_time import LOCAL_TIME

_ORDERED: Final = "last_order_at: {last: order_completed.at}"
_BUYERS: Final = {
    "traits.yaml": "orders_7d: {count: order_completed, within: 7d}\n",
    "segments/buyer.yaml": "when: orders_7d >= 1\n",
}
_CUTS: Final = [*([1] * 50), *range(2, 51)]
"""Half of all have bought once, one in a hundred each number of times from 2 to 50."""

_WEEKLY: Final = "".join(f"{day}d order_completed {{total: 40}}\n" for day in (0, 7, 14))

FUNCTIONS: Final = Section(
    "functions",
    "Functions of conditions",
    "A condition is true, false or unknown. To enter a segment takes true: unknown is not false, so `not` of unknown is"
    " unknown too.",
    (
        Entry(
            "since",
            "How long ago a time was. Only for comparing with a duration, so that the moment of change is known.",
            example=trait(
                _ORDERED, "0d order_completed\n59d => since(last_order_at) < 60d\n60d => since(last_order_at) >= 60d"
            ),
        ),
        Entry(
            "until",
            "How long it is until a time; negative when it has passed.",
            example=trait(
                "renews_on: {last: identify.renews_at}",
                "0d identify {renews_at: 10d}\n6d => until(renews_on) > 3d\n7d => until(renews_on) <= 3d",
            ),
        ),
        *LOCAL_TIME,
        Entry(
            "days_to",
            "Whole days until a date comes round again, such as a birthday; 0 on the day, in the user's time zone.",
            example=trait(
                "orders: {count: order_completed}",
                "0d identify {birthday: 1990-12-24}\n0d => days_to(birthday) == 5\n5d => days_to(birthday) == 0",
            ),
        ),
        Entry(
            "known",
            "Whether a value is there; never unknown itself.",
            example=trait(
                _ORDERED,
                "0d product_viewed\n0d => not known(last_order_at)\n1d order_completed\n1d => known(last_order_at)",
            ),
        ),
        Entry(
            "default",
            "A value, or another one where it is unknown.",
            example=trait(
                "average_order: {avg: order_completed.total}",
                "0d product_viewed\n0d => default(average_order, 0) == 0\n"
                "1d order_completed {total: 9}\n1d => default(average_order, 0) == 9",
            ),
        ),
        Entry(
            "top",
            "Of a trait that is kept `by` a key: the key that has most.",
            example=trait(
                "spend_on: {count: product_viewed, by: category}",
                "0d product_viewed {category: hats}\n1d product_viewed {category: shoes}\n"
                "2d product_viewed {category: shoes}\n2d => top(spend_on) == 'shoes'",
            ),
        ),
        Entry(
            "score",
            "In which fifth a trait's value stands, from 1 to 5, by the cut points of its frozen table.",
            example=Example(
                {
                    "traits.yaml": "spend: {sum: order_completed.total}\n",
                    "tables/spend.yaml": "unit: USD\nscores: [20, 50, 120, 300]\n",
                },
                "0d order_completed {total: 50}\n0d => score(spend) == 2\n1d order_completed {total: 0.01}\n"
                "1d => score(spend) == 3\n",
            ),
        ),
        Entry(
            "percentile",
            "Below how many of a hundred others a trait's value stands, from 0 to 99, by the cut points of its table.",
            example=Example(
                {
                    "traits.yaml": "orders: {count: order_completed}\n",
                    "tables/orders.yaml": f"percentiles: {_CUTS}\n",
                },
                "0d product_viewed\n0d => percentile(orders) == 0\n1d order_completed\n1d order_completed\n"
                "1d => percentile(orders) == 50\n",
            ),
        ),
        Entry(
            "p_alive",
            "The chance, from 0 to 1, that a customer will ever order again: by `tables/clv.yaml`, for a day each.",
            example=Example(CUSTOMERS, f"{_WEEKLY}14d => p_alive() > 0.7\n100d => p_alive() < 0.3\n"),
        ),
        Entry(
            "expected_purchases",
            "How many orders a customer will place within so long from now, on average.",
            example=Example(CUSTOMERS, f"{_WEEKLY}14d => expected_purchases(30d) > 1\n"),
        ),
        Entry(
            "expected_order_value",
            "What a customer's orders will come to on average: their own mean, drawn to everyone's while they are few.",
            example=Example(CUSTOMERS, f"{_WEEKLY}14d => expected_order_value() > 39\n"),
        ),
        Entry(
            "clv",
            "What a customer's orders will come to within so long from now, not discounted: the two before multiplied.",
            example=Example(CUSTOMERS, f"{_WEEKLY}14d => clv(365d) > 250\n100d => clv(365d) < 100\n"),
        ),
        Entry(
            "in",
            "Whether the user is in a segment or a tier: `in(vip)` is `vip`.",
            example=Example(_BUYERS, "0d order_completed\n1d => in(buyer)\n8d => not in(buyer)\n"),
        ),
        Entry(
            "was",
            "Whether the user was in a segment or a tier at any time within so long; never unknown.",
            example=Example(
                _BUYERS, "0d order_completed\n9d => not buyer and was(buyer, 30d)\n50d => not was(buyer, 30d)\n"
            ),
        ),
    ),
)

OPERATORS: Final = Section(
    "condition operators",
    "Operators of conditions",
    "",
    (
        Entry(
            "and, or, not",
            "In Kleene's logic: false and unknown is false, true or unknown is true, not unknown is unknown.",
            example=trait(
                f"orders: {{count: order_completed}}\n{_ORDERED}",
                "0d product_viewed\n0d => orders == 0 or since(last_order_at) > 7d\n"
                "0d => not (orders > 0 and since(last_order_at) > 7d)",
            ),
        ),
        Entry(
            "==, !=",
            "Equal, or not. A text stands in quotes and is compared to the letter.",
            example=trait(
                "plans: {count: identify}", "0d identify {plan: Gold}\n0d => plan == 'Gold' and plan != 'gold'"
            ),
        ),
        Entry(
            "<, <=, >, >=",
            "For numbers, money, durations and times. They can stand in a row.",
            example=trait(
                "orders: {count: order_completed}", "0d order_completed\n1d order_completed\n1d => 1 < orders <= 5"
            ),
        ),
        Entry(
            "+, -, *, /",
            "A division by zero is unknown. A time less a time is a duration; money by money is a number.",
            example=trait(
                "spend: {sum: order_completed.total}\nspend_7d: {sum: order_completed.total, within: 7d}",
                "0d product_viewed\n0d => not known(spend_7d / spend)\n"
                "1d order_completed {total: 30}\n10d order_completed {total: 10}\n10d => spend_7d / spend == 0.25",
            ),
        ),
        Entry(
            "in, not in",
            "Whether a set holds a text; or whether, of a trait that is kept `by` a key, a text is one of the few keys"
            " that have most: of two in `top(views_of, 2)`, of 20 at most.",
            example=trait(
                "features: {set: feature_used.feature}\nviews_of: {count: product_viewed, by: category}",
                "0d feature_used {feature: editor}\n0d => 'editor' in features\n0d => 'export' not in features\n"
                "1d product_viewed {category: hats}\n2d product_viewed {category: shoes}\n"
                "3d product_viewed {category: shoes}\n3d => 'hats' in top(views_of, 2)\n"
                "3d => 'hats' not in top(views_of, 1)",
            ),
        ),
        Entry(
            "[ ]",
            "Of a trait that is kept `by` a key: what it holds of one key.",
            example=trait(
                "views_of: {count: product_viewed, by: product_id}",
                "0d product_viewed {product_id: p1}\n0d => views_of['p1'] == 1 and views_of['p2'] == 0",
            ),
        ),
    ),
)
