"""The options beside the operators of traits."""

from typing import Final

from stream.definitions.manual.entries import Entry, Section, trait

OPTIONS: Final = Section(
    "options",
    "Trait options",
    "What may stand beside an operator.",
    (
        Entry(
            "within",
            "Count only what happened so long ago at most: a rolling window. Or by sessions: `session` is the one under"
            " way, `last_session` the last that has ended, `last_5_sessions` the last five (20 at most).",
            "window",
            without="all time",
            example=trait(
                "orders_30d: {count: order_completed, within: 30d}",
                "0d order_completed\n29d => orders_30d == 1\n31d => orders_30d == 0",
            ),
        ),
        Entry(
            "this",
            "Count only what happened in this period so far, where the user is.",
            "period",
            without="all time",
            example=trait(
                "orders_today: {count: order_completed, this: day}",
                "1h order_completed\n23h => orders_today == 1\n24h => orders_today == 0",
            ),
        ),
        Entry(
            "previous",
            "Count only what happened in whole periods before this one, where the user is: `previous: 3 months`.",
            "text",
            without="all time",
            bound="At most 100 periods.",
            example=trait(
                "orders_before: {count: order_completed, previous: 2 days}",
                "1h order_completed\n23h => orders_before == 0\n24h => orders_before == 1\n72h => orders_before == 0",
            ),
        ),
        Entry(
            "ending",
            "The window ended so long ago, at most 13 times its length.",
            "duration",
            without="it ends now",
            example=trait(
                "uses_before: {count: feature_used, within: 28d, ending: 28d}",
                "0d feature_used\n27d => uses_before == 0\n29d => uses_before == 1\n57d => uses_before == 0",
            ),
        ),
        Entry(
            "where",
            "Count only occurrences that meet a condition over the event's own properties.",
            "condition",
            without="every occurrence",
            example=trait(
                "editor_uses: {count: feature_used, where: feature == 'editor' and minutes >= 5}",
                "0d feature_used {feature: editor, minutes: 9}\n1d feature_used {feature: editor, minutes: 1}\n"
                "2d feature_used {feature: export, minutes: 9}\n2d => editor_uses == 1",
            ),
        ),
        Entry(
            "minus",
            "What is taken off again, such as refunds.",
            "source",
            without="nothing",
            example=trait(
                "net_spend: {sum: order_completed.total, minus: order_refunded.total}",
                "0d order_completed {total: 50}\n3d order_refunded {total: 20}\n3d => net_spend == 30",
            ),
        ),
        Entry(
            "by",
            "Keep it apart for each value of a property; beside `open`, the property that holds the id.",
            "property",
            without="all in one",
            bound="At most 256 pairs of a value and a bucket, a long value (over 64 bytes) as two; the lightest is"
            " forgotten.",
            example=trait(
                "views_of: {count: product_viewed, by: product_id, within: 7d}",
                "0d product_viewed {product_id: p1}\n1d product_viewed {product_id: p1}\n"
                "1d product_viewed {product_id: p2}\n1d => views_of['p1'] == 2 and top(views_of) == 'p1'",
            ),
        ),
        Entry(
            "half_life",
            "In place of a window: what is old fades, and after so long counts half.",
            "duration",
            without="nothing fades",
            bound="One number and its time, or 256 of them with `by`. Exact.",
            example=trait(
                "interest: {count: product_viewed, half_life: 7d}",
                "0d product_viewed\n0d product_viewed\n6d => interest > 1\n8d => interest < 1",
            ),
        ),
        Entry(
            "n",
            "Which occurrence `nth` takes, from 1 to 100.",
            "whole",
            example=trait(
                "third_category: {nth: product_viewed.category, n: 3}",
                "0d product_viewed {category: hats}\n1d product_viewed {category: hats}\n"
                "2d product_viewed {category: shoes}\n2d => third_category == 'shoes'",
            ),
        ),
        Entry(
            "last",
            "Of how many occurrences `gap` takes the mean, from 2 to 100.",
            "whole",
            without="10",
            example=trait(
                "latest_gap: {gap: order_completed, last: 2}",
                "0d order_completed\n10d order_completed\n12d order_completed\n12d => latest_gap == 2d",
            ),
        ),
        Entry(
            "until",
            "The event that ends what is `open`.",
            "name",
            example=trait(
                "waiting: {open: ticket_opened, until: ticket_closed, by: ticket_id}",
                "0d ticket_opened {ticket_id: t1}\n1d ticket_closed {ticket_id: t1}\n1d => waiting == 0",
            ),
        ),
        Entry(
            "per",
            "The event on each of which a `rate` counts.",
            "name",
            example=trait(
                "orders_per_view: {rate: order_completed, per: product_viewed}",
                "0d product_viewed\n1d product_viewed\n1d order_completed\n1d => orders_per_view == 0.5",
            ),
        ),
        Entry(
            "min",
            "Of how many at least a `rate` is known.",
            "whole",
            without="1",
            example=trait(
                "open_rate: {rate: email_opened, per: email_delivered, min: 3}",
                "0d email_delivered\n1d email_delivered\n1d => not known(open_rate)\n2d email_delivered\n"
                "2d => open_rate == 0",
            ),
        ),
        Entry(
            "every",
            "What a `streak` counts: day or week; weeks begin on Monday.",
            "period",
            without="day",
            example=trait(
                "weeks_in_a_row: {streak: feature_used, every: week}",
                "0d feature_used\n7d feature_used\n7d => weeks_in_a_row == 2",
            ),
        ),
        Entry(
            "span",
            "How long all steps of a sequence may take.",
            "duration",
            without="any time",
            example=trait(
                "quick_adds: {sequence: [product_viewed, product_added], span: 10m}",
                "0m product_viewed\n20m product_added {product_id: p1}\n20m => quick_adds == 0",
            ),
        ),
        Entry(
            "without",
            "What must not come between the steps of a sequence: events, or `{event:, where:}`.",
            "steps",
            without="nothing",
            example=trait(
                "straight_orders: {sequence: [product_viewed, order_completed], without: [email_opened]}",
                "0h product_viewed\n1h email_opened\n2h order_completed\n2h => straight_orders == 0\n"
                "3h product_viewed\n4h order_completed\n4h => straight_orders == 1",
            ),
        ),
    ),
)
