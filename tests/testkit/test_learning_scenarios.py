"""What some users of a scenario do teaches what is decided of others, when it is known."""

import pytest

from stream.definitions import load
from stream.testkit.check_scenarios import read_scenarios
from stream.testkit.run_scenarios import run_scenario

CONFIG = {
    "events.yaml": "currency: EUR\ntopics:\n  clickstream:\n    visited:\n  email:\n    email_opened:\n",
    "actions.yaml": "mail: {channel: email, purpose: marketing, template: hello}\n",
    "policy.yaml": "learn_every: 3d\n",
    "journeys/greet.yaml": "enter: {event: visited}\nsteps: [{trigger: mail, at: best_time within 2d}]\n",
}
SCENARIO = """\
- name: the mail comes when the others open theirs
  assume_consent: all
  given:
    - {{at: 0d18h, user: a, event: email_opened}}
    - {{at: 0d18h, user: b, event: email_opened}}
    - {{at: {visited}, event: visited}}
  until: 9d
  expect:
    - {{at: {sent}, triggered: mail}}
    - {{at: {sent}, ended: greet}}
"""


@pytest.mark.parametrize(("visited", "sent"), [("5d23h59m", "5d23h59m"), ("6d", "7d18h")])
def test_what_others_do_in_a_scenario_is_known_a_period_after_the_barrier(visited: str, sent: str) -> None:
    definitions = load(CONFIG)
    (checked,), problems = read_scenarios(
        {"journeys/greet.test.yaml": SCENARIO.format(visited=visited, sent=sent)}, definitions
    )
    assert problems == []
    assert run_scenario(checked, definitions).passed
