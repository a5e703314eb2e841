"""Running an example of the manual: its scenarios, and its story told to a decider."""

import json

from stream.decision.decider import Decider
from stream.definitions import load
from stream.definitions.manual.entries import EXAMPLE_ACTIONS, EXAMPLE_PLAN, Example
from stream.definitions.shapes import Definitions
from stream.model.profile import Profile
from stream.testkit.check_scenarios import read_scenarios
from stream.testkit.offsets import START_MS, parse_offset
from stream.testkit.run_scenarios import run_scenario
from stream.testkit.verdict_text import verdict_text

IS = "=> "


def failures(example: Example) -> list[str]:
    """Return what an example says and is not so; raises `ConfigRefused` where it cannot be read."""
    lines = [line.split(maxsplit=1) for line in example.story.splitlines()]
    claims = [(at, what.removeprefix(IS)) for at, what in lines if what.startswith(IS)]
    files = {"events.yaml": EXAMPLE_PLAN, "actions.yaml": EXAMPLE_ACTIONS, **example.files}
    if "policy.yaml" not in files:
        files["segments/newcomer.yaml"] = "when: since(cart.changed_at) < 0s\n"
    for number, (_, condition) in enumerate(claims):
        files[f"segments/claim_{number}.yaml"] = f"when: {json.dumps(condition)}\n"
    definitions = load(files)
    given = [(at, *what.partition(" ")[::2]) for at, what in lines if not what.startswith(IS)]
    return _false_claims(claims, given, definitions) + _failed_scenarios(files, definitions)


def _false_claims(claims: list[tuple[str, str]], given: list[tuple[str, str, str]], all_of: Definitions) -> list[str]:
    rows = "".join(f"  - {_row(*event)}\n" for event in given)
    text = f"- name: story\n  expect: []\n  given:\n{rows or '    []'}\n"
    checked, problems = read_scenarios({"story.test.yaml": text}, all_of)
    if problems:
        return [str(problem) for problem in problems]
    said: list[str] = []
    for number, (at, condition) in enumerate(claims):
        profiles: dict[str, Profile] = {}
        now_ms = START_MS + (parse_offset(at) or 0)
        decider = Decider(all_of, profiles, spread=False)
        for arrival_ms, event in checked[0].arrivals:
            if arrival_ms <= now_ms:
                decider.advance(arrival_ms - 1)
                decider.decide(event)
        decider.advance(now_ms)
        claim = all_of.segments[f"claim_{number}"]
        if decider.program.compiled(claim.when)(profiles["u1"], now_ms)[0] is not True:
            said.append(f"{at}: {condition} is not true")
        elif not profiles["u1"].memberships[claim.name].inside:
            said.append(f"{at}: {condition} is true, and a segment of it was not entered")
    return said


def _row(at: str, event: str, properties: str) -> str:
    if event == "identify":
        return f"{{at: {at}, identify: {properties}}}"
    return f"{{at: {at}, event: {event}{', with: ' + properties if properties else ''}}}"


def _failed_scenarios(files: dict[str, str], definitions: Definitions) -> list[str]:
    checked, problems = read_scenarios(files, definitions)
    verdicts = [run_scenario(each, definitions) for each in checked]
    return [*map(str, problems), *(verdict_text(verdict) for verdict in verdicts if not verdict.passed)]
