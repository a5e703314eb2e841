"""The fields of frozen tables."""

from typing import Final

from stream.definitions.manual.entries import Entry, Example, Section

TABLE: Final = Section(
    "a table",
    "`tables/NAME.yaml`: frozen tables",
    "Cut points of the trait of that name, which `score` and `percentile` read. `stream fit` writes them; people may.",
    (
        Entry("describe", "What it parts, in a sentence.", "text", without="nothing"),
        Entry("fitted", "Where it comes from.", "section", "'fitted'", without="written by people"),
        Entry("unit", "days for durations and times, the currency of money.", "text", without="plain numbers"),
        Entry("scores", "4 cut points, ascending: what `score` reads.", "numbers", without="no `score`"),
        Entry(
            "percentiles", "99 cut points, ascending: what `percentile` reads.", "numbers", without="no `percentile`"
        ),
    ),
    Example(
        {
            "traits.yaml": "last_order_at: {last: order_completed.at}\n",
            "tables/last_order_at.yaml": "describe: How long ago people bought; the latest score highest.\n"
            "fitted: {by: stream fit rfm, from: orders.jsonl, until: 2024-06-30T23:59:59Z, users: 2357}\n"
            "unit: days\nscores: [14, 30, 90, 180]\n",
        },
        "0d order_completed\n10d => score(last_order_at) == 5\n20d => score(last_order_at) == 4\n"
        "200d => score(last_order_at) == 1\n",
    ),
)

FITTED: Final = Section(
    "'fitted'",
    "Where a table comes from",
    "For people, and to fit it again.",
    (
        Entry("by", "The command that wrote it.", "text", without="nothing"),
        Entry("from", "The history it was learnt from.", "text", without="nothing"),
        Entry("until", "The moment as of which users were looked at.", "text", without="nothing"),
        Entry("users", "How many users were looked at.", "text", without="nothing"),
    ),
)
