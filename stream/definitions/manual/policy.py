"""The fields of the policy."""

from typing import Final

from stream.definitions.manual.entries import Entry, Example, Section

_ACTIONS: Final = """\
offer: {channel: email, purpose: marketing, template: offer, tier: selling, tags: [promotion]}
advice: {channel: email, purpose: service, template: advice, tier: helping, tags: [promotion]}
banner: {channel: ads, purpose: advertising, template: banner}
text: {channel: sms, purpose: marketing, template: text}
"""
_JOURNEYS: Final = {
    "journeys/sell.yaml": "enter: {event: feature_used, again_after: 0d}\nsteps: [{trigger: offer}]\n",
    "journeys/help.yaml": "enter: {event: feature_used, again_after: 0d}\nsteps: [{trigger: advice}]\n",
}
_POLICY: Final = """\
tiers: [helping, selling]
exclusive:
  one_promotion: {of: [{tag: promotion}, {action: banner}], within: 1d}
holdout: {everything: 0%, journeys: 0%, salt: "2026"}
settle: 10m
defer_at_most: 24h
max_trigger_age: 2h
without_consent: [service]
learn_every: 3d
"""
_SCENARIOS: Final = """\
- name: what helps goes before what sells, of which only one a day
  watch: all
  assume_consent: [marketing]
  given:
    - {at: 0h, event: feature_used}
  until: 1d
  expect:
    - {at: 10m, triggered: advice}
    - {at: 10m, ended: help}
    - {at: 10m, refused: offer, because: lost_arbitration}
    - {at: 10m, ended: sell}
"""
_LEARNT: Final = """\
- name: the text goes out in the hour in which others open their mails
  assume_consent: [marketing]
  given:
    - {at: 0d18h, user: u2, event: email_opened}
    - {at: 0d18h, user: u3, event: email_opened}
    - {at: 6d, event: product_viewed}
  until: 8d
  expect:
    - {at: 7d18h10m, triggered: text}
    - {at: 7d18h10m, ended: remind}
- name: a minute earlier nobody knows of that yet
  assume_consent: [marketing]
  given:
    - {at: 0d18h, user: u2, event: email_opened}
    - {at: 0d18h, user: u3, event: email_opened}
    - {at: 5d23h59m, event: product_viewed}
  until: 8d
  expect:
    - {at: 6d0h9m, triggered: text}
    - {at: 6d0h9m, ended: remind}
"""

POLICY: Final = Section(
    "the policy",
    "`policy.yaml`: the policy",
    "What holds for all triggers, whatever journey proposes them.",
    (
        Entry("caps", "How much is enough.", "sections", "a cap", without="none"),
        Entry("quiet_hours", "When nothing goes out.", "sections", "quiet hours", without="none"),
        Entry("exclusive", "By name: actions of which a user gets one at a time.", "groups", "a group", without="none"),
        Entry("tiers", "How important actions are, the most important first.", "names", without="all are alike"),
        Entry("holdout", "How many users get nothing, to measure by.", "section", "holdout", without="nobody"),
        Entry(
            "settle",
            "What is proposed waits so long for others to compete with.",
            "duration",
            without="only what comes at the same moment competes",
        ),
        Entry(
            "defer_at_most",
            "What caps or quiet hours put off for longer than this expires.",
            "duration",
            without="48h",
        ),
        Entry("max_trigger_age", "An event that comes in later than this starts no journey.", "duration", without="4h"),
        Entry("without_consent", "Purposes that need no consent, also of who refused.", "texts", without="none"),
        Entry(
            "learn_every",
            "How often what all users do becomes what is known of everyone: what `choose` goes by, best times, and"
            " which products are near to which (these once a day at most). What is done within one such period, counted"
            " from midnight UTC, is known from the end of the next: a `1h` begins to tell two hours after it began.",
            "duration",
            without="1h",
        ),
    ),
    Example(
        {
            "actions.yaml": _ACTIONS,
            "policy.yaml": _POLICY,
            **_JOURNEYS,
            "journeys/help.test.yaml": _SCENARIOS,
            "journeys/remind.yaml": "enter: {event: product_viewed}\n"
            "steps: [{trigger: text, at: best_time within 2d}]\n",
            "journeys/remind.test.yaml": _LEARNT,
        }
    ),
)

_CAPS: Final = """\
caps:
  - {channel: email, at_most: 1, within: 16h}
  - {tag: promotion, at_most: 2, per: week, on_cap: exit}
  - {journey: sell, at_most: 5, per: day, on_cap: defer}
  - {action: offer, at_most: 9, per: month, count: delivered}
"""
_CAPPED: Final = """\
- name: one mail in 16 hours, and two promotions from Monday to Sunday
  assume_consent: all
  given:
    - {at: 0h, event: feature_used}
    - {at: 15h, event: feature_used}
    - {at: 16h, event: feature_used}
    - {at: 4d, event: feature_used}
    - {at: 6d, event: feature_used}
  expect:
    - {at: 0h, triggered: offer}
    - {at: 0h, ended: sell, because: completed}
    - {at: 15h, refused: offer, because: capped}
    - {at: 15h, ended: sell, because: completed}
    - {at: 16h, triggered: offer}
    - {at: 16h, ended: sell, because: completed}
    - {at: 4d, refused: offer, because: capped}
    - {at: 4d, ended: sell, because: capped}
    - {at: 6d, triggered: offer}
    - {at: 6d, ended: sell, because: completed}
"""

CAP: Final = Section(
    "a cap",
    "A cap",
    "At most so many triggers: of a `channel`, a `tag`, a `journey` or an `action`, and `within` a rolling window or"
    " `per` period where the user is.",
    (
        Entry("channel", "Those of a channel.", "text"),
        Entry("tag", "Those of all actions that have this tag.", "text"),
        Entry("journey", "Those of a journey.", "name"),
        Entry("action", "Those of an action.", "name"),
        Entry("at_most", "How many, up to 1000.", "whole", required=True),
        Entry("within", "Within how long.", "duration"),
        Entry("per", "Per day, week (from Monday) or month where the user is.", "choice", "day week month"),
        Entry(
            "count",
            "Those `emitted`, or those of which an `email_delivered` with their `trigger_id` has told.",
            "choice",
            "emitted delivered",
            without="emitted",
        ),
        Entry(
            "on_cap",
            "What is over it is left out (`skip`), waits until there is room (`defer`), or ends its run (`exit`).",
            "choice",
            "skip defer exit",
            without="skip",
        ),
    ),
    Example(
        {
            "actions.yaml": _ACTIONS.replace("tier: selling, ", "").replace("tier: helping, ", ""),
            "policy.yaml": _CAPS,
            **_JOURNEYS,
            "journeys/sell.test.yaml": _CAPPED,
            "journeys/help.yaml": "enter: {event: ticket_closed}\nsteps: [{trigger: advice}]\n",
        }
    ),
)

_QUIET: Final = """\
quiet_hours:
  - {channels: [sms], between: 20:00-09:00, zones: [Europe/Berlin, Europe/London]}
  - {channels: [ads], between: 22:00-06:00, then: drop}
"""
_QUIET_TEST: Final = """\
- name: a text waits until it is nine in Berlin; an ad is dropped
  assume_consent: all
  given:
    - {at: 0d, identify: {timezone: Europe/Berlin}}
    - {at: 0d22h, event: feature_used}
  until: 3d
  expect:
    - {at: 22h, refused: banner, because: quiet_hours}
    - {at: 22h, refused: text, because: deferred}
    - {at: 1d8h, triggered: text}
    - {at: 1d8h, ended: tell, because: completed}
- name: of whom nobody knows where they are, until it is nine in London too
  assume_consent: all
  given:
    - {at: 0d22h, event: feature_used}
  until: 3d
  expect:
    - {at: 22h, refused: banner, because: quiet_hours}
    - {at: 22h, refused: text, because: deferred}
    - {at: 1d9h, triggered: text}
    - {at: 1d9h, ended: tell, because: completed}
"""

QUIET_HOURS: Final = Section(
    "quiet hours",
    "Quiet hours",
    "Of a user of whom no time zone is known, it is quiet while it is so in any zone they may be in.",
    (
        Entry("channels", "Over which channels nothing goes out.", "texts", required=True),
        Entry(
            "between",
            "From when until when, where the user is; the end does not belong to it: `20:00-09:00`.",
            "hours",
            required=True,
        ),
        Entry(
            "then",
            "What comes up then waits (`defer`), or is left out (`drop`).",
            "choice",
            "defer drop",
            without="defer",
        ),
        Entry(
            "zones",
            "Where users may be of whom no time zone is known.",
            "texts",
            without="all zones that they may be in",
        ),
    ),
    Example(
        {
            "actions.yaml": _ACTIONS.replace("tier: selling, ", "").replace("tier: helping, ", ""),
            "policy.yaml": _QUIET,
            "journeys/tell.yaml": "enter: {event: feature_used}\nsteps: [{trigger: banner}, {trigger: text}]\n",
            "journeys/tell.test.yaml": _QUIET_TEST,
        }
    ),
)

GROUP: Final = Section(
    "a group",
    "A group of actions that exclude each other",
    "",
    (
        Entry("of", "Which triggers belong to it.", "sections", "an entry", required=True),
        Entry("within", "A user gets one of them within any window of this length.", "duration", required=True),
    ),
)

ENTRY: Final = Section(
    "an entry",
    "An entry of a group",
    "One of these.",
    (
        Entry("channel", "The triggers of a channel.", "text"),
        Entry("tag", "Those of all actions that have this tag.", "text"),
        Entry("journey", "Those of a journey.", "name"),
        Entry("action", "Those of an action.", "name"),
    ),
)

HOLDOUT: Final = Section(
    "holdout",
    "Holdouts",
    "A user's bucket is the SHA-256 of the salt, the byte 0x1f and the user, modulo 10,000; a journey's salt has its"
    " name. So the same users stay held out, and a larger share adds to them.",
    (
        Entry("everything", "How many users get nothing at all.", "share", without="0%"),
        Entry("journeys", "How many get nothing of a journey, of each others.", "share", without="0%"),
        Entry("salt", "Another salt holds other users out of everything.", "text", without="global"),
    ),
    Example(
        {
            "policy.yaml": "holdout: {everything: 5%, journeys: 10%}\n",
            "journeys/greet.yaml": "enter: {event: feature_used}\nsteps: [{trigger: hello_mail}]\n",
            "journeys/greet.test.yaml": "- name: nobody gets it\n  assume_consent: all\n"
            "  assume_holdout: all\n  given:\n"
            "    - {at: 0h, event: feature_used}\n  expect:\n"
            "    - {at: 0h, refused: hello_mail, because: held_out}\n"
            "    - {at: 0h, ended: greet, because: completed}\n",
            "journeys/tell.yaml": "enter: {event: feature_used}\nholdout: 0%\nsteps: [{trigger: hello_mail}]\n",
            "journeys/tell.test.yaml": "- name: of this journey nobody is held out\n  assume_consent: all\n  given:\n"
            "    - {at: 0h, event: feature_used}\n  expect:\n"
            "    - {at: 0h, triggered: hello_mail}\n"
            "    - {at: 0h, ended: tell, because: completed}\n",
        }
    ),
)
