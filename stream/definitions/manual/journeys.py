"""The fields of journeys, their steps, actions and the policy."""

from typing import Final

from stream.definitions.manual.entries import Entry, Example, Section

_JOURNEY: Final = """\
describe: Welcome who bought for the first time.
enter: {event: order_completed, key: newest_order, again_after: 30d}
exit_on: [ticket_opened]
goal: {event: order_completed, within: 14d, value: total}
steps:
  - wait: 1d
    if_none: [order_refunded]
  - branch:
      - when: spend >= 100
        trigger: hello_mail
      - when: spend < 5
        exit: too little
      - otherwise: true
        steps:
          - wait: 1h
          - trigger: banner
  - exit: welcomed
"""
_SCENARIOS: Final = """\
- name: a large order brings a mail the day after
  assume_consent: [marketing]
  given:
    - {at: 0d, event: order_completed, with: {order_id: o1, total: 120}}
  until: 3d
  expect:
    - {at: 1d, triggered: hello_mail, key: o1}
    - {at: 1d, ended: welcome, because: welcomed}
- name: a ticket ends it
  given:
    - {at: 0d, event: order_completed, with: {order_id: o1, total: 20}}
    - {at: 1h, event: ticket_opened, with: {ticket_id: t1}}
  until: 3d
  expect:
    - {at: 1h, ended: welcome, because: ticket_opened}
"""
_WITHDRAWN: Final = """\
- name: a refund that comes in late withdraws what was sent after it
  watch: all
  assume_consent: all
  given:
    - {at: 0h, event: order_completed}
    - {at: 30m, arrives: 2h, event: order_refunded}
  until: 3d
  expect:
    - {at: 0h, entered: buyer}
    - {at: 1h, triggered: hello_mail}
    - {at: 1h, withdrawn: hello_mail, because: order_refunded}
    - {at: 1h, ended: greet_buyer, because: order_refunded}
"""
_TRAITS: Final = "spend: {sum: order_completed.total}\nnewest_order: {last: order_completed.order_id}\n"

JOURNEY: Final = Section(
    "a journey",
    "`journeys/NAME.yaml`: a journey",
    "A sequence of steps that a user goes through, with waits and exits.",
    (
        Entry("describe", "What it is for, in a sentence.", "text", without="nothing"),
        Entry("enter", "How a run starts.", "section", "enter", required=True),
        Entry(
            "exit_on",
            "Events that end a run; one that comes in late withdraws what was sent after it.",
            "names",
            without="none",
        ),
        Entry("goal", "What a run is for.", "section", "a goal", without="none"),
        Entry("steps", "What is done, one after the other.", "sections", "journey step", required=True),
    ),
    Example({"traits.yaml": _TRAITS, "journeys/welcome.yaml": _JOURNEY, "journeys/welcome.test.yaml": _SCENARIOS}),
)

ENTER: Final = Section(
    "enter",
    "How a run starts",
    "By entering a segment, or by an event: one of the two.",
    (
        Entry("segment", "The segment that is entered; of one with tiers, one of them: `stage.buyer`.", "segment"),
        Entry("event", "The event that happens.", "name"),
        Entry("key", "Tells the runs of one user apart: one of a key at a time.", "expression", without="one a user"),
        Entry(
            "again_after", "No further run of the same key begins so long after one ended.", "duration", without="7d"
        ),
    ),
    Example(
        {
            "traits.yaml": "orders: {count: order_completed}\n",
            "segments/buyer.yaml": "when: orders >= 1\n",
            "journeys/greet_buyer.yaml": "enter: {segment: buyer}\nexit_on: [order_refunded]\n"
            "steps: [{wait: 1h}, {trigger: hello_mail}, {wait: 1d}, {trigger: banner}]\n",
            "journeys/greet_buyer.test.yaml": _WITHDRAWN,
        }
    ),
)

GOAL: Final = Section(
    "a goal",
    "What a run is for",
    "",
    (
        Entry("event", "The event that reaches the goal.", "name", required=True),
        Entry("within", "How long after the entry it counts.", "duration", without="14d"),
        Entry("value", "The property of the event that holds its worth.", "property", without="none"),
    ),
)

WAIT: Final = Section(
    "a wait",
    "Step: wait",
    "",
    (
        Entry("wait", "Go on after so long.", "duration", required=True),
        Entry("if_none", "End the run where one of these events comes meanwhile.", "names", without="none"),
    ),
)

BRANCH: Final = Section(
    "a branch",
    "Step: branch",
    "",
    (
        Entry(
            "branch",
            "Take the first arm whose condition is true; where none is, go on.",
            "sections",
            "an arm",
            required=True,
        ),
    ),
)

TRIGGER: Final = Section(
    "a trigger", "Step: trigger", "", (Entry("trigger", "Propose an action.", "name", required=True),)
)

EXIT: Final = Section(
    "an exit", "Step: exit", "", (Entry("exit", "End the run, with a reason in words.", "text", required=True),)
)

ARM: Final = Section(
    "an arm",
    "An arm of a branch",
    "Either `when` or `otherwise: true`, and one of `trigger`, `exit` and `steps`.",
    (
        Entry("when", "Take this arm where it is true.", "condition"),
        Entry("otherwise", "Take this arm where no other was: the last one.", "true"),
        Entry("trigger", "Propose an action.", "name"),
        Entry("exit", "End the run, with a reason in words.", "text"),
        Entry("steps", "Several steps.", "sections", "journey step"),
    ),
)

ACTION: Final = Section(
    "an action",
    "`actions.yaml`: actions",
    "By name: something to do for a user.",
    (
        Entry(
            "channel", "How it reaches the user: email, ads, push and so on, as in the policy.", "text", required=True
        ),
        Entry("purpose", "What the user must have consented to.", "text", required=True),
        Entry("template", "What the sender shall send.", "text", required=True),
        Entry("valid_for", "After so long it is too late to act.", "duration", without="24h"),
        Entry(
            "payload",
            "What the sender gets with it: expressions by name; a fixed text has quotes of its own.",
            "payload",
            without="nothing",
        ),
    ),
    Example(
        {
            "traits.yaml": "spend: {sum: order_completed.total}\n",
            "actions.yaml": "thanks:\n  channel: email\n  purpose: marketing\n  template: thank-you\n  valid_for: 2d\n"
            "  payload: {spent: spend, code: \"'WELCOME'\"}\n",
            "journeys/thank.yaml": "enter: {event: order_completed}\nsteps: [{trigger: thanks}]\n",
            "journeys/thank.test.yaml": "- name: thanks only who consented\n  assume_consent: [marketing]\n  given:\n"
            "    - {at: 0d, event: order_completed, with: {total: 20}}\n  expect:\n    - {at: 0d, triggered: thanks}\n"
            "    - {at: 0d, ended: thank, because: completed}\n",
        }
    ),
)

POLICY: Final = Section(
    "the policy",
    "`policy.yaml`: the policy",
    "What holds for all triggers, whatever journey proposes them.",
    (
        Entry("caps", "How much is enough, by channel.", "sections", "a cap", without="none"),
        Entry("max_trigger_age", "An event that comes in later than this starts no journey.", "duration", without="4h"),
    ),
    Example(
        {
            "policy.yaml": "caps: [{channel: email, at_most: 1, within: 16h}]\nmax_trigger_age: 2h\n",
            "journeys/greet.yaml": "enter: {event: feature_used, again_after: 0d}\nsteps: [{trigger: hello_mail}]\n",
            "journeys/greet.test.yaml": "- name: one mail in 16 hours\n  assume_consent: all\n  given:\n"
            "    - {at: 0h, event: feature_used}\n    - {at: 1h, event: feature_used}\n"
            "    - {at: 20h, event: product_viewed}\n"
            "    - {at: 2h, arrives: 20h, event: feature_used}\n  expect:\n    - {at: 0h, triggered: hello_mail}\n"
            "    - {at: 0h, ended: greet, because: completed}\n    - {at: 1h, refused: hello_mail, because: capped}\n"
            "    - {at: 1h, ended: greet, because: completed}\n",
        }
    ),
)

CAP: Final = Section(
    "a cap",
    "A cap",
    "At most so many triggers on a channel within any rolling window of a length.",
    (
        Entry("channel", "The channel of actions.", "name", required=True),
        Entry("at_most", "How many.", "whole", required=True),
        Entry("within", "Within how long.", "duration", required=True),
    ),
)
