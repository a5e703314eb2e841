"""The fields of events.yaml and of segments."""

from typing import Final

from stream.definitions.manual.entries import Entry, Example, Section

_TRAITS: Final = """\
last_order_at: {last: order_completed.at}
orders: {count: order_completed}
spend_30d: {sum: order_completed.total, within: 30d}
"""

PLAN: Final = Section(
    "events.yaml",
    "`events.yaml`: the tracking plan",
    "The events that are used, by topic, and of each the properties that are used. What is not named here is dropped"
    " where it comes in; what is, but has another type, is a dead letter.",
    (
        Entry("currency", "The shop's currency, by its three letters.", "currency", required=True),
        Entry(
            "rates", "What one unit of another currency is worth in the shop's.", "rates", without="no other currency"
        ),
        Entry("sessions", "When a session ends, and what is activity.", "section", "sessions", without="30m end it"),
        Entry(
            "timezone",
            "Where users are of whom no time zone is known, neither by `identify` nor by the context of a call.",
            without="UTC",
        ),
        Entry(
            "topics",
            "The events by topic (clickstream, cart, email, people), and below each event its properties.",
            "topics",
            required=True,
        ),
    ),
    Example(
        {
            "events.yaml": "currency: EUR\n"
            "timezone: Europe/Berlin\nrates: {USD: 0.9}\ntopics:\n  clickstream:\n    page_viewed:\n"
            "  cart:\n    order_completed:\n      total: {type: money, currency: currency, required: true}\n"
            "      currency: string\n",
            "traits.yaml": "spend: {sum: order_completed.total}\n",
        },
        "0d order_completed {total: 20}\n1d order_completed {total: 10, currency: USD}\n1d => spend == 29\n",
    ),
)

SESSIONS: Final = Section(
    "sessions",
    "Sessions",
    "What users do on the topics clickstream and cart is activity, and so much time without any ends a session.",
    (
        Entry("gap", "So much time without activity ends a session.", "duration", without="30m"),
        Entry(
            "page",
            "The event that is a page view, and its property that names the page.",
            "source",
            without="page_viewed.path",
        ),
        Entry("except", "Events of these topics that are no activity of the user.", "names", without="none"),
    ),
    Example(
        {
            "events.yaml": "currency: USD\nsessions: {gap: 10m, page: page_viewed.path, except: [order_refunded]}\n"
            "topics:\n  clickstream:\n    page_viewed: {path: string}\n"
            "  cart:\n    order_refunded:\n",
            "traits.yaml": "pages: {count: page_viewed, within: session}\n"
            "exit_page: {last: page_viewed.path, within: last_session}\n",
        },
        "0m page_viewed {path: /}\n5m page_viewed {path: /checkout}\n"
        "6m => pages == 2\n1h => exit_page == '/checkout'\n",
    ),
)

SEQUENCE_STEP: Final = Section(
    "a step",
    "A step of a sequence",
    "The name of an event, or a map with these fields.",
    (
        Entry("event", "The event.", "name", required=True),
        Entry("where", "A condition over the event's own properties.", "condition", without="every occurrence"),
    ),
    Example(
        {
            "traits.yaml": "shoes_to_order:\n"
            "  sequence: [{event: product_viewed, where: category == 'shoes'}, order_completed]\n"
        },
        "0h product_viewed {category: hats}\n1h order_completed\n2h product_viewed {category: shoes}\n"
        "3h order_completed\n"
        "3h => shoes_to_order == 1\n",
    ),
)

PROPERTY: Final = Section(
    "a property",
    "A property in the tracking plan",
    "`NAME: TYPE`, or a map with these fields; `NAME: [{NAME: TYPE}]` is a list, with what each element has.",
    (
        Entry("type", "string, integer, number, boolean, timestamp or money.", "type", required=True),
        Entry("required", "An event without it is a dead letter.", "flag", without="false"),
        Entry("min", "The least value that is not a dead letter.", "number", without="0 for money, none for numbers"),
        Entry("currency", "Of money: the property that holds its currency.", "property", without="the shop's"),
    ),
    Example(
        {
            "events.yaml": "currency: USD\nrates: {EUR: 2}\ntopics:\n  cart:\n    order_completed:\n"
            "      total: {type: money, currency: paid_in, required: true, min: 1}\n      paid_in: {type: string}\n",
            "traits.yaml": "spend: {sum: order_completed.total}\n",
        },
        "0d order_completed {total: 5, paid_in: EUR}\n0d => spend == 10\n",
    ),
)

_TIERED: Final = """\
describe: How far a shopper has come.
tiers:
  loyal: orders >= 2
  buyer: orders == 1
  visitor: otherwise
"""
_TIERED_TEST: Final = """\
- name: everyone is in one, and moves on
  given:
    - {at: 0d, event: product_viewed}
    - {at: 1d, event: order_completed}
  expect:
    - {at: 0d, entered: stage, to: visitor}
    - {at: 1d, moved: stage, from: visitor, to: buyer}
"""

SEGMENT: Final = Section(
    "a segment",
    "`segments/NAME.yaml`: a segment",
    "A named group. Its file's name is its name, and conditions use it as a boolean.",
    (
        Entry("describe", "Who is in it, in a sentence.", "text", without="nothing"),
        Entry("when", "Who is true here enters; who is not leaves.", "condition"),
        Entry(
            "exit", "Stay until this is true, instead of until `when` is not.", "condition", without="leave by `when`"
        ),
        Entry(
            "stay_at_least",
            "Who is in stays at least so long; a tier before theirs they may enter at once.",
            "duration",
            without="no time",
        ),
        Entry(
            "tiers",
            "In place of `when`: named conditions in order, the last of them `otherwise`. Everyone is in the first that"
            " is true for them.",
            "tiers",
        ),
    ),
    Example(
        {
            "traits.yaml": _TRAITS,
            "segments/newly_back.yaml": "describe: Bought, and for a week from then.\nwhen: since(last_order_at) < 1h\n"
            "stay_at_least: 7d\n",
            "segments/newly_back.test.yaml": "- name: stays a week\n  given:\n    - {at: 0d, event: order_completed}\n"
            "  until: 9d\n  expect:\n    - {at: 0d, entered: newly_back}\n    - {at: 7d, exited: newly_back}\n",
            "segments/stage.yaml": _TIERED,
            "segments/stage.test.yaml": _TIERED_TEST,
            "segments/big_spender.yaml": "describe: Spent 100 in 30 days; leaves below 50.\nwhen: spend_30d >= 100\n"
            "exit: spend_30d < 50\n",
            "segments/big_spender.test.yaml": "- name: stays while 50 are left\n  given:\n"
            "    - {at: 0d, event: order_completed, with: {total: 60}}\n"
            "    - {at: 10d, event: order_completed, with: {total: 60}}\n  until: 60d\n  expect:\n"
            "    - {at: 10d, entered: big_spender}\n    - {at: 40d..40d5h, exited: big_spender}\n",
        }
    ),
)


SEASON: Final = Section(
    "a season",
    "`calendar.yaml`: seasons",
    "Named parts of the calendar for `during(at, NAME)`, by the days where the user is; a list of such for several.",
    (
        Entry("from", "The first day, `2026-11-26`, or `11-26` of every year.", required=True),
        Entry("to", "The last day, which belongs to it; of every year, it may lie in the next.", required=True),
    ),
    Example(
        {
            "traits.yaml": "gifts: {count: order_completed, where: 'during(at, holidays)'}\n",
            "calendar.yaml": "holidays: [{from: 12-27, to: 01-06}, {from: 2024-03-29, to: 2024-04-01}]\n",
        },
        "7d order_completed\n8d order_completed\n18d order_completed\n19d order_completed\n19d => gifts == 2\n",
    ),
)
