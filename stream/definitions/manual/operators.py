"""The operators of traits."""

from typing import Final

from stream.definitions.manual.entries import Entry, Section, trait

_BUCKETS: Final = "At most 169 buckets of one number each; an occurrence leaves at most 1/168 of the window late."
_ONE: Final = "one number without a window"

OPERATORS: Final = Section(
    "operators",
    "Trait operators",
    "A trait is a line in `traits.yaml`: its name, one operator with what it is fed, and options. Counts, sums and sets"
    " start at zero or empty; every other trait is unknown until it is fed.",
    (
        Entry(
            "count",
            "How many times an event happened.",
            bound=f"{_BUCKETS} Or {_ONE}. Exact to a bucket.",
            example=trait(
                "views_7d: {count: product_viewed, within: 7d}",
                "0h product_viewed\n6d product_viewed\n6d => views_7d == 2\n7d2h => views_7d == 1",
            ),
        ),
        Entry(
            "sum",
            "The sum of a property: an amount of money, or a number.",
            bound=f"{_BUCKETS} Or {_ONE}. Money is exact to its smallest unit.",
            example=trait(
                "spend: {sum: order_completed.total}",
                "0d order_completed {total: 20}\n1d order_completed {total: 8, currency: EUR}\n1d => spend == 30",
            ),
        ),
        Entry(
            "min",
            "The least value of a property.",
            bound=f"{_BUCKETS} Or {_ONE}.",
            example=trait(
                "cheapest_view: {min: product_viewed.price}",
                "0d product_viewed {price: 9.50}\n1d product_viewed {price: 30}\n1d => cheapest_view == 9.50",
            ),
        ),
        Entry(
            "max",
            "The greatest value of a property.",
            bound=f"{_BUCKETS} Or {_ONE}.",
            example=trait(
                "largest_order: {max: order_completed.total, within: 90d}",
                "0d order_completed {total: 80}\n60d order_completed {total: 25}\n60d => largest_order == 80\n"
                "91d => largest_order == 25",
            ),
        ),
        Entry(
            "avg",
            "The mean of a property.",
            bound="At most 169 buckets of a sum and a count; or these two numbers without a window.",
            example=trait(
                "usual_minutes: {avg: feature_used.minutes}",
                "0d feature_used {feature: editor}\n0d => not known(usual_minutes)\n1d feature_used {minutes: 10}\n"
                "2d feature_used {minutes: 20}\n2d => usual_minutes == 15",
            ),
        ),
        Entry(
            "first",
            "The first value of a property; `at` is the event's time.",
            bound=f"{_BUCKETS} Or one value without a window.",
            example=trait(
                "first_order_at: {first: order_completed.at}",
                "3d order_completed\n9d order_completed\n10d => since(first_order_at) >= 7d\n"
                "10d => since(first_order_at) < 8d",
            ),
        ),
        Entry(
            "last",
            "The latest value of a property; `at` is the event's time.",
            bound="One value and its time. Exact, late events included.",
            example=trait(
                "last_category: {last: product_viewed.category}",
                "0d product_viewed {category: shoes}\n1d product_viewed {category: hats}\n"
                "1d => last_category == 'hats'",
            ),
        ),
        Entry(
            "distinct",
            "How many different values a property had.",
            bound="At most 256 values, exactly; beyond, sketches of 28 kB: 95 of 100 counts are off by less than 5 %.",
            example=trait(
                "categories_30d: {distinct: product_viewed.category, within: 30d}",
                "0d product_viewed {category: shoes}\n1d product_viewed {category: hats}\n"
                "2d product_viewed {category: shoes}\n2d => categories_30d == 2",
            ),
        ),
        Entry(
            "top",
            "The value that a property had most often.",
            bound="At most 64 values a bucket and 512 in all; one that comes when these are full is not counted.",
            example=trait(
                "favourite: {top: product_viewed.category, within: 30d}",
                "0d product_viewed {category: shoes}\n1d product_viewed {category: hats}\n"
                "2d product_viewed {category: shoes}\n2d => favourite == 'shoes'",
            ),
        ),
        Entry(
            "set",
            "All the values that a property had; conditions ask it with `'VALUE' in TRAIT`.",
            bound="At most 256 values, a long one (over 64 bytes) as two; beyond, the one longest unseen is forgotten.",
            example=trait(
                "features: {set: feature_used.feature}",
                "0d feature_used {feature: editor}\n1d => 'editor' in features and 'export' not in features",
            ),
        ),
        Entry(
            "nth",
            "The value that a property had at the nth occurrence.",
            bound="The earliest n values with their times, n at most 100. Exact, late events included.",
            example=trait(
                "second_order_at: {nth: order_completed.at, n: 2}",
                "0d order_completed\n0d => not known(second_order_at)\n5d order_completed\n9d order_completed\n"
                "9d => since(second_order_at) >= 4d",
            ),
        ),
        Entry(
            "gap",
            "The mean time between the latest occurrences of an event.",
            bound="The times of the latest `last` occurrences, at most 100 (10 unless said). Exact.",
            example=trait(
                "order_gap: {gap: order_completed, last: 3}",
                "0d order_completed\n10d order_completed\n12d order_completed\n16d order_completed\n"
                "16d => order_gap == 3d",
            ),
        ),
        Entry(
            "open",
            "How many are open: begun by one event, and not yet ended by another with the same id.",
            bound="At most 128 open ids and 128 closed lately. Exact up to there, also where the end comes first.",
            example=trait(
                "open_tickets: {open: ticket_opened, until: ticket_closed, by: ticket_id}",
                "0d ticket_opened {ticket_id: t1}\n1d ticket_opened {ticket_id: t2}\n1d => open_tickets == 2\n"
                "2d ticket_closed {ticket_id: t1}\n2d => open_tickets == 1",
            ),
        ),
        Entry(
            "rate",
            "How many of one event come on each of another: from 0 to 1 where the one follows from the other.",
            bound="Two counts, each kept as `count` keeps it.",
            example=trait(
                "open_rate: {rate: email_opened, per: email_delivered, within: 30d, min: 2}",
                "0d email_delivered\n0d => not known(open_rate)\n1d email_delivered\n1d email_opened\n"
                "1d => open_rate == 0.5",
            ),
        ),
        Entry(
            "streak",
            "How many of the user's days, or weeks, in a row something happened, up to today or yesterday.",
            bound="The latest 8 runs of days: only a late event can change any but the last.",
            example=trait(
                "days_in_a_row: {streak: feature_used}",
                "0d feature_used\n1d feature_used\n2d feature_used\n3d => days_in_a_row == 3\n5d => days_in_a_row == 0",
            ),
        ),
        Entry(
            "sequence",
            "How often certain events came one after another; a step is an event, or `{event:, where:}`.",
            "steps",
            bound="What is under way of at most 64 keys, and a count as `count` keeps it.",
            example=trait(
                "adds_at_once: {sequence: [product_viewed, product_added], by: product_id, span: 1h}",
                "0m product_viewed {product_id: p1}\n30m product_added {product_id: p1}\n30m => adds_at_once == 1\n"
                "1d product_viewed {product_id: p2}\n26h product_added {product_id: p2}\n26h => adds_at_once == 1",
            ),
        ),
        Entry(
            "sequence_rate",
            "Of the sequences that were begun, how many were done: from 0 to 1.",
            "steps",
            bound="What is under way of at most 64 keys, and two counts as `count` keeps them.",
            example=trait(
                "buys_what_is_viewed: {sequence_rate: [product_viewed, order_completed], min: 2}",
                "0d product_viewed\n1d order_completed\n1d => not known(buys_what_is_viewed)\n"
                "2d product_viewed\n3d product_viewed\n4d order_completed\n4d => known(buys_what_is_viewed)",
            ),
        ),
        Entry(
            "value",
            "Computed from other traits.",
            "expression",
            bound="Nothing: it is computed when it is asked for.",
            example=trait(
                "orders: {count: order_completed}\nspend: {sum: order_completed.total}\n"
                "average_order: {value: spend / orders}",
                "0d order_completed {total: 20}\n1d order_completed {total: 40}\n1d => average_order == 30",
            ),
        ),
    ),
)
