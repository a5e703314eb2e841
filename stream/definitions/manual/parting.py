"""The steps of journeys at which users part."""

from typing import Final

from stream.definitions.manual import beside
from stream.definitions.manual.entries import Entry, Example, Section

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
        beside.NAME,
    ),
    beside.journey(
        "sort",
        """\
  - name: look
    branch:
      - when: spend >= 100
        trigger: hello_mail
        with: {spent: spend}
      - when: spend >= 50
        trigger: banner
        at: best_time within 1h
      - when: spend > 0
        end: too little
      - otherwise: true
        steps:
          - wait: 1d
  - branch:
      - when: spend == 0
        goto: look
        at_most: 2
""",
        """\
- name: who has not bought is looked at three times
  assume_consent: all
  given:
    - {at: 0d, event: feature_used}
    - {at: 0d, user: u2, event: order_completed, with: {total: 100}}
    - {at: 1h, user: u2, event: feature_used}
    - {at: 0d, user: u3, event: order_completed, with: {total: 49}}
    - {at: 1h, user: u3, event: feature_used}
  until: 9d
  expect:
    - {at: 1h, user: u2, triggered: hello_mail}
    - {at: 1h, user: u2, ended: sort, because: completed}
    - {at: 1h, user: u3, ended: sort, because: too little}
    - {at: 3d, ended: sort, because: completed}
""",
        "spend: {sum: order_completed.total}\n",
    ),
)

ARM: Final = Section(
    "an arm",
    "An arm of a branch",
    "Either `when` or `otherwise: true`, and one of `trigger`, `end`, `goto` and `steps`.",
    (
        Entry("when", "Take this arm where it is true.", "condition"),
        Entry("otherwise", "Take this arm where no other was: the last one.", "true"),
        Entry("trigger", "Propose an action.", "name"),
        beside.AT,
        beside.WITH,
        beside.END,
        beside.GOTO,
        beside.AT_MOST,
        Entry("steps", "Several steps.", "sections", "journey step"),
    ),
)

SPLIT: Final = Section(
    "a split",
    "Step: split",
    "Which arm a user takes follows from a hash of the salt and the user: always the same one.",
    (
        Entry(
            "split",
            "Two arms or more; each is taken by its part of the sum of all weights.",
            "sections",
            "an arm of a split",
            required=True,
        ),
        Entry(
            "salt",
            "Splits of one salt and of the same weights part users alike.",
            "text",
            without="the journey's name and the step's place",
        ),
        beside.NAME,
    ),
    beside.journey(
        "compare",
        """\
  - name: part
    split:
      - weight: 1
        trigger: hello_mail
      - weight: 1
        trigger: banner
        with: {code: "'NEW'"}
        at: best_time within 1h
  - split:
      - weight: 9999
        steps: [{wait: 1h}]
      - weight: 1
        goto: part
        at_most: 1
    salt: rare
  - split:
      - weight: 1
        end: one
      - weight: 9999
        end: other
""",
        """\
- name: one gets this, the other that
  assume_consent: all
  given:
    - {at: 0h, event: feature_used}
    - {at: 0h, user: u2, event: feature_used}
  until: 1d
  expect:
    - {at: 0h, triggered: hello_mail}
    - {at: 1h, ended: compare, because: other}
    - {at: 0h..1h, user: u2, triggered: banner}
    - {at: 1h..2h, user: u2, ended: compare, because: other}
""",
    ),
)

SHARE: Final = Section(
    "an arm of a split",
    "An arm of a split",
    "A `weight`, and one of `trigger`, `end`, `goto` and `steps`.",
    (
        Entry("weight", "How many take it, against the other weights: 1 to 10,000.", "whole", required=True),
        Entry("trigger", "Propose an action.", "name"),
        beside.AT,
        beside.WITH,
        beside.END,
        beside.GOTO,
        beside.AT_MOST,
        Entry("steps", "Several steps.", "sections", "journey step"),
    ),
)

CHOICE: Final = Section(
    "a choice",
    "Step: choose",
    "Several actions, of which one is proposed, among those that may be sent now. What learns does so from the goal of"
    " the journey: whatever is sent counts as one try from then on, and as a success where the run reaches the goal"
    " within its window, after it was sent. What is not sent, or kept back as a holdout, teaches nothing. What was"
    " learnt of everyone changes the choice as often as `learn_every` in the policy says, and `why.reference` in the"
    " trigger names the version it went by; its `propensity` is the chance that the action had.",
    (
        Entry("choose", "Two actions or more.", "names", required=True),
        Entry(
            "policy",
            "`fixed` takes the first; `thompson` what brought the goal most often, `linucb` for users like this one.",
            "choice",
            "fixed thompson linucb",
            without="fixed",
        ),
        Entry(
            "explore",
            "How many choices are spread evenly, so that all actions go on being measured.",
            "share",
            without="5% where it learns",
        ),
        Entry("alpha", "Of linucb: how much it prefers what it knows little of.", "number", without="1"),
        Entry(
            "features",
            "Of linucb: what it looks at, by name; numbers, best between -1 and 1, or conditions.",
            "payload",
        ),
        beside.NAME,
    ),
    Example(
        {
            "traits.yaml": "views_7d: {count: product_viewed, within: 7d}\n",
            "journeys/pick.yaml": "enter: {event: feature_used}\nsteps:\n  - choose: [banner, hello_mail]\n",
            "journeys/pick.test.yaml": """\
- name: the first that may be sent
  assume_consent: [marketing]
  given:
    - {at: 0h, event: feature_used}
  expect:
    - {at: 0h, refused: banner, because: no_consent}
    - {at: 0h, triggered: hello_mail}
    - {at: 0h, ended: pick, because: completed}
""",
            "journeys/learn.yaml": "enter: {event: product_viewed}\ngoal: {event: order_completed}\nsteps:\n"
            "  - name: first\n    choose: [hello_mail, banner]\n    policy: thompson\n    explore: 10%\n  - wait: 1d\n"
            "  - choose: [hello_mail, banner]\n    policy: linucb\n    alpha: 0.5\n"
            "    features: {looks: views_7d / 100, keen: views_7d > 5}\n",
        }
    ),
)
