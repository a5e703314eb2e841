"""The steps of journeys that take no time and leave nothing to decide."""

from typing import Final

from stream.definitions.manual import beside
from stream.definitions.manual.entries import Entry, Section

TRIGGER: Final = Section(
    "a trigger",
    "Step: trigger",
    "",
    (
        Entry("trigger", "Propose an action: the policy decides.", "name", required=True),
        beside.AT,
        beside.WITH,
        beside.NAME,
    ),
    beside.journey(
        "offer",
        """\
  - name: offer
    trigger: hello_mail
    with: {code: "'WELCOME'", entered: run.entered_at}
  - trigger: banner
    at: best_time within 6h
""",
        """\
- name: the banner within 6 hours
  assume_consent: all
  given:
    - {at: 0h, event: feature_used}
  until: 1d
  expect:
    - {at: 0h, triggered: hello_mail}
    - {at: 0h..6h, triggered: banner}
    - {at: 0h..6h, ended: offer}
""",
    ),
)

SET: Final = Section(
    "a set",
    "Step: set",
    "",
    (
        Entry(
            "set",
            "Values that the run keeps from here on, by name: expressions, which later ones read as `run.NAME`.",
            "payload",
            required=True,
        ),
        beside.NAME,
    ),
    beside.journey(
        "tell",
        """\
  - set: {before: views}
  - wait: 1d
  - name: compare
    set: {more: views - run.before}
  - branch:
      - when: run.more >= 2
        trigger: hello_mail
""",
        """\
- name: two views within the day
  assume_consent: all
  given:
    - {at: 0h, event: product_viewed}
    - {at: 1h, event: feature_used}
    - {at: 2h, event: product_viewed}
    - {at: 3h, event: product_viewed}
  until: 2d
  expect:
    - {at: 25h, triggered: hello_mail}
    - {at: 25h, ended: tell, because: completed}
""",
        "views: {count: product_viewed}\n",
    ),
)

GOTO: Final = Section(
    "a goto",
    "Step: goto",
    "",
    (
        Entry("goto", "Go on with the step of that name.", "name", required=True),
        Entry("at_most", "So often in a run, up to 100; then go on with the step after this.", "whole", required=True),
        beside.NAME,
    ),
    beside.journey(
        "repeat",
        """\
  - name: again
    trigger: banner
  - wait: 1d
  - goto: again
    at_most: 2
  - end: said three times
""",
        """\
- name: three times
  assume_consent: all
  given:
    - {at: 0d, event: feature_used}
  until: 9d
  expect:
    - {at: 0d, triggered: banner}
    - {at: 1d, triggered: banner}
    - {at: 2d, triggered: banner}
    - {at: 3d, ended: repeat, because: said three times}
""",
    ),
)

END: Final = Section(
    "an end",
    "Step: end",
    "A run that comes to the end of its steps is `completed`.",
    (Entry("end", "End the run, with a reason in words.", "text", required=True), beside.NAME),
)
