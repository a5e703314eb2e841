"""The steps of journeys that wait."""

from typing import Final

from stream.definitions.manual import beside
from stream.definitions.manual.entries import Entry, Section

WAIT: Final = Section(
    "a wait",
    "Step: wait",
    "",
    (Entry("wait", "Go on after so long.", "duration", required=True), beside.IF_NONE, beside.NAME),
    beside.journey(
        "nudge",
        """\
  - wait: 1d
    if_none: [order_completed, {event: product_viewed, where: category == 'shoes'}]
  - trigger: hello_mail
""",
        """\
- name: hats are none of its business, shoes are
  assume_consent: all
  given:
    - {at: 0h, event: feature_used}
    - {at: 1h, event: product_viewed, with: {category: hats}}
    - {at: 0h, user: u2, event: feature_used}
    - {at: 23h, user: u2, event: product_viewed, with: {category: shoes}}
  until: 2d
  expect:
    - {at: 23h, user: u2, ended: nudge, because: product_viewed}
    - {at: 24h, triggered: hello_mail}
    - {at: 24h, ended: nudge, because: completed}
""",
    ),
)

WAIT_UNTIL: Final = Section(
    "a wait until a time",
    "Step: wait_until",
    "Times and days are those where the user is. A time that the clock leaves out in spring comes when it has gone on;"
    " of one that comes twice in autumn it is the first.",
    (
        Entry(
            "wait_until",
            "A time of day, `09:00`; a weekday, at nine; or a map with fields.",
            "until",
            "wait_until",
            required=True,
        ),
        beside.IF_NONE,
        beside.NAME,
    ),
    beside.journey(
        "remind",
        """\
  - wait_until: 09:00
  - wait_until: friday
  - wait_until: {time: 18:00, weekday: [saturday, sunday]}
  - wait_until: {date: 2023-12-25, time: 10:00}
  - trigger: hello_mail
  - wait_until: {moment: renews_at, before: 3d, past: skip}
  - trigger: banner
  - wait_until: {moment: renews_at, after: 1d, time: 12:00, past: exit}
  - trigger: hello_mail
""",
        """\
- name: from Tuesday night to Christmas, and then by the renewal
  assume_consent: all
  given:
    - {at: 0d, identify: {renews_at: 10d}}
    - {at: 1h, event: feature_used}
  until: 20d
  expect:
    - {at: 6d10h, triggered: hello_mail}
    - {at: 7d, triggered: banner}
    - {at: 11d12h, triggered: hello_mail}
    - {at: 11d12h, ended: remind, because: completed}
- name: of a renewal that is past, nothing is said
  assume_consent: all
  given:
    - {at: 0d, identify: {renews_at: 2d}}
    - {at: 1h, event: feature_used}
  until: 20d
  expect:
    - {at: 6d10h, triggered: hello_mail}
    - {at: 6d10h, ended: remind, because: past}
""",
    ),
)

UNTIL: Final = Section(
    "wait_until",
    "A time to wait until",
    "A `time`, a `weekday` or both: the next such. Or a `date`, or a `moment` that is known of the user.",
    (
        Entry("time", "The time of day, `09:00`.", "time", without="09:00; of a moment, its own"),
        Entry("weekday", "The day of the week, or a list of some.", "weekdays", without="any"),
        Entry("date", "The day, `2026-12-24`.", "date"),
        Entry("moment", "A time that is known of the user: an expression.", "expression"),
        Entry("before", "So long before the moment.", "duration", without="at the moment"),
        Entry("after", "So long after the moment.", "duration", without="at the moment"),
        Entry(
            "past",
            "Where the date or the moment is past already, or the moment unknown: `run` on, `skip` the next step, or"
            " `exit`.",
            "choice",
            "run skip exit",
            without="run",
        ),
    ),
)

WAIT_FOR: Final = Section(
    "a wait for an event",
    "Step: wait_for",
    "",
    (
        Entry(
            "wait_for",
            "The event to wait for, or a list of some; each is a name, or a map with fields.",
            "one or listed",
            "an event",
            required=True,
        ),
        Entry("at_most", "Wait no longer.", "duration", required=True),
        Entry(
            "reset_on",
            "Events that begin the time anew. Each is a name, or a map with fields.",
            "listed",
            "an event",
            without="none",
        ),
        Entry("then", "Steps to take where the event came; then go on.", "sections", "journey step", without="none"),
        Entry(
            "otherwise", "Steps to take where it did not come; then go on.", "sections", "journey step", without="none"
        ),
        beside.IF_NONE,
        beside.NAME,
    ),
    beside.journey(
        "ask",
        """\
  - wait_for: {event: order_completed, where: total >= 10}
    at_most: 2d
    reset_on: [product_viewed]
    then:
      - trigger: banner
    otherwise:
      - trigger: hello_mail
    if_none: [ticket_opened]
  - wait_for: [product_viewed, product_added]
    at_most: 1h
  - end: asked
""",
        """\
- name: who looks around has two days more
  assume_consent: all
  given:
    - {at: 0d, event: feature_used}
    - {at: 1d, event: product_viewed}
  until: 5d
  expect:
    - {at: 3d, triggered: hello_mail}
    - {at: 3d1h, ended: ask, because: asked}
- name: a large enough order is what it waits for
  assume_consent: all
  given:
    - {at: 0d, event: feature_used}
    - {at: 1h, event: order_completed, with: {total: 9.99}}
    - {at: 2h, event: order_completed, with: {total: 10}}
    - {at: 150m, event: product_viewed}
  until: 5d
  expect:
    - {at: 2h, triggered: banner}
    - {at: 150m, ended: ask, because: asked}
""",
    ),
)
