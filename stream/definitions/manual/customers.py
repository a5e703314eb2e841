"""The fields of the table of what customers are worth."""

from typing import Final

from stream.definitions.manual.entries import Entry, Example, Section

CUSTOMERS: Final = {
    "traits.yaml": "orders: {count: order_completed}\n"
    "first_order_at: {first: order_completed.at}\n"
    "last_order_at: {last: order_completed.at}\n"
    "spend: {sum: order_completed.total}\n",
    "tables/clv.yaml": "describe: What CDNOW's customers did, as published.\n"
    "fitted: {by: stream fit clv, from: orders.jsonl, until: 2024-06-30T23:59:59Z, users: 2357}\n"
    "reads: {count: orders, first: first_order_at, last: last_order_at, sum: spend}\n"
    "purchases: {r: 0.243, alpha: 30.9, a: 0.793, b: 2.426}\n"
    "order_value: {p: 6.25, q: 3.74, v: 15.44}\n"
    "unit: USD\n",
}

MODEL: Final = Section(
    "this table",
    "`tables/clv.yaml`: what customers are worth",
    "What `stream fit clv` learnt, and `p_alive`, `expected_purchases`, `expected_order_value` and `clv` read.",
    (
        Entry("describe", "Whom it was learnt of, in a sentence.", "text", without="nothing"),
        Entry("fitted", "Where it comes from.", "section", "'fitted'", without="written by people"),
        Entry("reads", "The traits that hold a customer's history.", "section", "'reads'", required=True),
        Entry("purchases", "The parameters of BG/NBD, for orders.", "section", "'purchases'", required=True),
        Entry("order_value", "The parameters of Gamma-Gamma.", "section", "'order_value'", without="no money"),
        Entry("unit", "The shop's currency, in which `v` is.", "text", without="no money"),
    ),
    Example(CUSTOMERS, "0d order_completed {total: 40}\n1d => p_alive() == 1\n"),
)

READS: Final = Section(
    "'reads'",
    "Traits that are a customer's history",
    "Each is fed by events.",
    (
        Entry("count", "How many orders there were.", "name", required=True),
        Entry("first", "The time of the first.", "name", required=True),
        Entry("last", "The time of the last.", "name", required=True),
        Entry("sum", "What they came to.", "name", without="no money"),
    ),
)

PURCHASES: Final = Section(
    "'purchases'",
    "The parameters of BG/NBD",
    "Fader, Hardie and Lee (2005).",
    (
        Entry("r", "How alike rates of ordering are.", "number", required=True),
        Entry("alpha", "How slow they are, in days.", "number", required=True),
        Entry("a", "How readily customers stay away after an order.", "number", required=True),
        Entry("b", "How readily they do not.", "number", required=True),
    ),
)

ORDER_VALUE: Final = Section(
    "'order_value'",
    "The parameters of Gamma-Gamma",
    "Fader and Hardie (2013).",
    (
        Entry("p", "How alike a customer's orders are.", "number", required=True),
        Entry("q", "How alike customers are, more than 1.", "number", required=True),
        Entry("v", "How much they spend, in the unit.", "number", required=True),
    ),
)
