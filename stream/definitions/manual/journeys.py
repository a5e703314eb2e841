"""The fields of journeys: who enters, what is heard, what ends a run, and what it is for."""

from typing import Final

from stream.definitions.manual.entries import Entry, Example, Section

_JOURNEY: Final = """\
describe: Welcome who bought.
enter: {event: order_completed, key: event.order_id, again_after: 0d}
capture: {total: event.total, spent: spend}
refresh_on: [feature_used]
exit_on: [ticket_opened, {event: order_refunded, match: order_id}]
exit_when: since(run.entered_at) >= 3d
on_exit: [{trigger: banner, after: [hello_mail]}]
goal: {event: feature_used, where: minutes >= 5, within: 7d, value: minutes}
max_trigger_age: 1h
holdout: 0%
steps:
  - name: rest
    wait: 1d
  - branch:
      - when: run.total >= 50
        trigger: hello_mail
      - when: run.total < 5
        end: too little
  - wait: 7d
  - trigger: hello_mail
migrate: {"0": rest, asking: exit}
"""
_SCENARIOS: Final = """\
- name: a large order brings a mail the day after; 3 days from entering it is too late for more
  assume_consent: all
  given:
    - {at: 0h, event: order_completed, with: {order_id: o1, total: 50}}
    - {at: 30h, event: feature_used, with: {minutes: 4}}
    - {at: 40h, event: feature_used, with: {minutes: 5}}
  until: 10d
  expect:
    - {at: 24h, triggered: hello_mail, key: o1}
    - {at: 40h, goal: feature_used, value: 5}
    - {at: 72h, ended: welcome, because: exit_when}
    - {at: 72h, triggered: banner}
- name: a refund ends the run of its order, and no other
  assume_consent: all
  given:
    - {at: 0h, event: order_completed, with: {order_id: o1, total: 50}}
    - {at: 1h, event: order_completed, with: {order_id: o2, total: 4}}
    - {at: 2h, event: order_refunded, with: {order_id: o1}}
  until: 2d
  expect:
    - {at: 2h, ended: welcome, key: o1, because: order_refunded}
    - {at: 25h, ended: welcome, key: o2, because: too little}
- name: a ticket ends all runs
  assume_consent: all
  given:
    - {at: 0h, event: order_completed, with: {order_id: o1, total: 20}}
    - {at: 1h, event: ticket_opened, with: {ticket_id: t1}}
  until: 3d
  expect:
    - {at: 1h, ended: welcome, because: ticket_opened}
- name: an order that comes in more than an hour late starts nothing
  given:
    - {at: 0h, event: product_viewed}
    - {at: 0h, arrives: 61m, event: order_completed, with: {order_id: o1, total: 20}}
    - {at: 61m, event: product_viewed}
  until: 10d
  expect: []
"""

_EVENTS: Final = "The name of an event, or a map with fields."

JOURNEY: Final = Section(
    "a journey",
    "`journeys/NAME.yaml`: a journey",
    "A sequence of steps that a user goes through, with waits and exits. What runs ask for goes through the policy; an"
    " exit takes effect at once, inside a wait as well.",
    (
        Entry("describe", "What it is for, in a sentence.", "text", without="nothing"),
        Entry("enter", "How a run starts.", "section", "enter", required=True),
        Entry(
            "capture",
            "What a run keeps from its start on, by name: expressions, or `event.PROPERTY` of the event it starts by."
            " Steps and `exit_when` read it as `run.NAME`; `run.key` and `run.entered_at` are always there.",
            "payload",
            without="nothing",
        ),
        Entry(
            "refresh_on",
            "Events on which all of `capture` is taken anew; what an event does not tell stays. Each is a name, or a"
            " map with fields.",
            "listed",
            "an event",
            without="never",
        ),
        Entry(
            "exit_on",
            "Events that end a run at once; one that comes in late withdraws what was sent after it. Each is a name, or"
            " a map with fields. `consent_withdrawn` is such an event too.",
            "listed",
            "an event",
            without="none",
        ),
        Entry("exit_when", "A run ends as soon as this is true, by time alone as well.", "condition", without="never"),
        Entry(
            "on_exit",
            "What is asked for where a run ends early, as to take a user out of an audience; not at its last step or"
            " an `end`. Each is an action, or a map with fields.",
            "listed",
            "an action on exit",
            without="nothing",
        ),
        Entry("goal", "What a run is for.", "section", "a goal", without="none"),
        Entry(
            "max_trigger_age",
            "An event that comes in later than this starts no run.",
            "duration",
            without="as in the policy",
        ),
        Entry(
            "holdout",
            "How many users get nothing from this journey, so that what it does can be measured. They go through all of"
            " it; what would have been sent is recorded as `held_out`.",
            "share",
            without="as in the policy",
        ),
        Entry("steps", "What is done, one after the other.", "sections", "journey step", required=True),
        Entry(
            "migrate",
            "Where runs of the file as it was before go on in this one: by the name of the step they wait at, or its"
            " place (`0` is the first, `2.0.1` the second step in the first arm of the third), that of a step here, or"
            " `exit`.",
            "places",
            without="they keep to the old steps",
        ),
    ),
    Example(
        {
            "traits.yaml": "spend: {sum: order_completed.total}\n",
            "journeys/welcome.yaml": _JOURNEY,
            "journeys/welcome.test.yaml": _SCENARIOS,
        }
    ),
)

EVENT: Final = Section(
    "an event",
    "An event that a journey listens to",
    _EVENTS,
    (
        Entry("event", "The event.", "name", required=True),
        Entry("where", "A condition over the event's own properties.", "condition", without="every occurrence"),
        Entry(
            "match",
            "The property that must be the key of the run; an event without it concerns every run.",
            "property",
            without="every run",
        ),
    ),
)

GOAL: Final = Section(
    "a goal",
    "What a run is for",
    "The first such event counts, also after the run has ended.",
    (
        Entry("event", "The event that reaches the goal.", "name", required=True),
        Entry("where", "A condition over the event's own properties.", "condition", without="every occurrence"),
        Entry("match", "The property that must be the key of the run.", "property", without="every run"),
        Entry("within", "How long after the entry it counts.", "duration", without="14d"),
        Entry("value", "The property of the event that holds its worth.", "property", without="none"),
    ),
)

ON_EXIT: Final = Section(
    "an action on exit",
    "What is asked for where a run ends early",
    "The name of an action, or a map with these fields.",
    (
        Entry("trigger", "The action.", "name", required=True),
        Entry("after", "Only if the run has sent one of these actions.", "names", without="whatever it has sent"),
    ),
)
