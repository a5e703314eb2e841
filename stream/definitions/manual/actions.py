"""The fields of actions."""

from typing import Final

from stream.definitions.manual.entries import Entry, Example, Section

_ACTIONS: Final = """\
offer:
  channel: email
  purpose: [marketing, profiling]
  template: offer
  tags: [promotion]
  tier: selling
  value: spend * 0.1
  chance: orders / 10
  weight: 2
  eligible: country == 'DE'
  applicable: orders > 0
  suitable: spend < 1000
  needs: [plan]
  payload: {spent: spend}
  plain_payload: {code: "'PLAIN'"}
  withdrawn_on_exit: true
  fallback: thanks
thanks:
  channel: email
  purpose: marketing
  template: thank-you
  valid_for: 2d
  payload: {spent: spend, code: "'WELCOME'"}
receipt:
  channel: email
  purpose: contract
  template: receipt
  tier: serving
  transactional: true
  counts: false
"""
_SCENARIOS: Final = """\
- name: who is not eligible gets what it falls back on
  assume_consent: all
  given:
    - {at: 0d, identify: {country: FR, plan: free}}
    - {at: 1d, event: order_completed, with: {total: 20}}
  until: 2d
  expect:
    - {at: 1d, triggered: receipt}
    - {at: 1d, refused: offer, because: not_eligible}
    - {at: 1d, triggered: thanks}
- name: an offer is withdrawn where its run ends early
  assume_consent: all
  given:
    - {at: 0d, identify: {country: DE, plan: free}}
    - {at: 1d, event: order_completed, with: {total: 20}}
    - {at: 1d1h, event: order_refunded, with: {total: 20}}
  expect:
    - {at: 1d, triggered: receipt}
    - {at: 1d, triggered: offer}
    - {at: 1d1h, withdrawn: offer, because: order_refunded}
    - {at: 1d1h, ended: thank, because: order_refunded}
- name: without the plan there is no one to write to, and without consent nothing but the receipt
  assume_consent: [contract]
  given:
    - {at: 0d, identify: {country: DE}}
    - {at: 1d, event: order_completed, with: {total: 20}}
  expect:
    - {at: 1d, triggered: receipt}
    - {at: 1d, refused: offer, because: unreachable}
    - {at: 1d, refused: thanks, because: no_consent}
"""

ACTION: Final = Section(
    "an action",
    "`actions.yaml`: actions",
    "By name: something to do for a user. What journeys propose passes these gates in order, and the first that is shut"
    " is the verdict: its conditions, what it needs, consent, suppression, caps, quiet hours, exclusion, holdout.",
    (
        Entry(
            "channel", "How it reaches the user: email, ads, push and so on, as in the policy.", "text", required=True
        ),
        Entry(
            "purpose",
            "What the user must have consented to when it is sent; of a list, to all.",
            "words",
            required=True,
        ),
        Entry("template", "What the sender shall send.", "text", required=True),
        Entry("valid_for", "After so long it is too late to act.", "duration", without="24h"),
        Entry(
            "payload",
            "What the sender gets with it: expressions by name; a fixed text has quotes of its own.",
            "payload",
            without="nothing",
        ),
        Entry(
            "plain_payload",
            "In its place, for users who refused the purpose `personalisation`.",
            "payload",
            without="the payload",
        ),
        Entry("tags", "Words by which the policy names several actions.", "words", without="none"),
        Entry(
            "tier",
            "How important it is, one of the policy's `tiers`: of what competes at one moment the more important goes"
            " first.",
            "name",
            without="less important than all tiers",
        ),
        Entry(
            "value",
            "What it is worth, a number or money: within a tier the highest chance × value × weight goes first.",
            "expression",
            without="1",
        ),
        Entry(
            "chance",
            "How likely it is that it brings its value, from 0 to 1. Of what is chosen by learning it is what"
            " was learnt.",
            "expression",
            without="1",
        ),
        Entry("weight", "What the value is multiplied by.", "number", without="1"),
        Entry("eligible", "Who may ever get it.", "condition", without="everyone"),
        Entry("applicable", "When it makes sense.", "condition", without="always"),
        Entry("suitable", "For whom it is right.", "condition", without="everyone"),
        Entry("needs", "Properties of `identify` that must be known, as an address.", "texts", without="none"),
        Entry("fallback", "The action to propose where this one is refused.", "name", without="none"),
        Entry(
            "transactional",
            "It is part of what the user asked for: no cap, no quiet hours, no group and no holdout keep it back."
            " Consent does.",
            "flag",
            without="false",
        ),
        Entry(
            "counts",
            "Of what is transactional: it fills caps and groups all the same, for other actions.",
            "flag",
            without="false",
        ),
        Entry(
            "withdrawn_on_exit",
            "While valid, it is withdrawn where its run ends early, or an event comes that would have ended it.",
            "flag",
            without="false",
        ),
    ),
    Example(
        {
            "traits.yaml": "spend: {sum: order_completed.total}\norders: {count: order_completed}\n",
            "actions.yaml": _ACTIONS,
            "policy.yaml": "tiers: [serving, selling]\n",
            "journeys/thank.yaml": "enter: {event: order_completed}\nexit_on: [order_refunded]\n"
            "steps: [{trigger: receipt}, {trigger: offer}, {wait: 3d}]\n",
            "journeys/thank.test.yaml": _SCENARIOS,
        }
    ),
)
