from pathlib import Path

import pytest

from stream.definitions import load
from stream.definitions.expressions import Constant, Name
from stream.definitions.journey_shapes import BranchStep, EndStep, TriggerStep, WaitStep
from stream.definitions.policy_shapes import Cap, Of
from stream.definitions.shapes import Aggregate, Derived
from stream.testkit.files import read_config
from tests.definitions.config_text import SMALL, edited, loaded, problems, problems_of

SHIPPED = Path(__file__).parents[2] / "config"


def test_the_shipped_config_loads() -> None:
    definitions = load(read_config(SHIPPED))
    assert set(definitions.segments) >= {
        "cart_abandoner",
        "window_shopper",
        "first_time_buyer",
        "repeat_buyer",
        "high_value",
        "email_engaged",
        "at_risk",
    }
    steps = definitions.journeys["cart_recovery"].steps
    assert [type(step) for step in steps] == [TriggerStep, WaitStep, BranchStep, WaitStep, TriggerStep]


def test_every_shipped_segment_and_journey_has_a_test_beside_it() -> None:
    files = read_config(SHIPPED)
    folders = ("segments/", "journeys/")
    definitions = [name for name in files if name.startswith(folders) and not name.endswith(".test.yaml")]
    assert [name for name in definitions if name.replace(".yaml", ".test.yaml") not in files] == []


def test_traits_take_the_type_of_what_they_are_computed_from() -> None:
    traits = loaded(
        {
            "traits.yaml": """\
a: {count: product_viewed}
b: {distinct: product_viewed.product_id, within: 1d}
c: {top: product_viewed.category}
d: {sum: order_completed.total}
e: {avg: product_viewed.rating}
f: {min: order_completed.at}
g: {last: order_completed.gift}
h: {first: trigger_sent.action}
""",
            "segments/vip.yaml": "when: a > 1\n",
            "segments/looker.yaml": "when: a > 2\n",
            "journeys/hello.yaml": "enter: {event: feature_used}\nsteps: [{trigger: mail}]\n",
        }
    ).traits
    types = {name: trait.type for name, trait in traits.items() if isinstance(trait, Aggregate)}
    assert types == {
        "a": "number",
        "b": "number",
        "c": "string",
        "d": "money",
        "e": "number",
        "f": "timestamp",
        "g": "boolean",
        "h": "string",
    }


def test_traits_and_segments_come_after_those_they_read() -> None:
    definitions = loaded({"traits.yaml": "twice: {value: aov * 2}\n" + SMALL["traits.yaml"]})
    traits, segments = list(definitions.traits), list(definitions.segments)
    assert traits.index("spend") < traits.index("aov") < traits.index("twice")
    assert segments == ["vip", "looker"]
    assert isinstance(definitions.traits["twice"], Derived)


def test_the_plan_fills_in_what_is_usual() -> None:
    plan = loaded().plan
    order = plan.events["order_completed"].properties
    assert (plan.currency, plan.rates, plan.events["feature_used"].topic) == ("USD", {"EUR": 1.08}, "clickstream")
    assert (order["total"].minimum, order["total"].currency, order["gift"].minimum) == (0.0, "currency", None)
    added = plan.events["product_added"].properties
    assert (added["product_id"].required, added["quantity"].minimum) == (True, 1.0)


def test_steps_know_their_place_in_the_journey() -> None:
    steps = loaded().journeys["hello"].steps
    branch = steps[2]
    assert isinstance(branch, BranchStep)
    assert branch.arms[0].steps == (TriggerStep("2.0.0", "ad"),)
    assert branch.arms[1].when is None
    assert branch.arms[1].steps == (WaitStep("2.1.0", 3_600_000, ()), EndStep("2.1.1", "too little"))
    assert [step.step for step in steps] == ["0", "1", "2", "3"]


def test_what_a_journey_action_or_policy_leaves_out_has_a_default() -> None:
    definitions = loaded(
        {"journeys/hello.yaml": "enter: {segment: vip}\nsteps: [{trigger: mail}]\n", "policy.yaml": ""}
    )
    journey = definitions.journeys["hello"]
    assert (journey.enter.key, journey.enter.again_after_ms, journey.goal) == (None, 7 * 86_400_000, None)
    assert definitions.actions["mail"].valid_for_ms == 86_400_000
    assert (definitions.policy.caps, definitions.policy.max_trigger_age_ms) == ((), 4 * 3_600_000)


def test_policies_and_payloads_are_read() -> None:
    definitions = loaded()
    assert definitions.policy.caps == (Cap(Of("channel", "email"), 1, 16 * 3_600_000),)
    payload = definitions.actions["mail"].payload
    assert isinstance(payload["items"], Name)
    assert isinstance(payload["code"], Constant)
    assert (payload["items"].type, payload["code"].value) == ("items", "X")


def test_only_the_tracking_plan_must_be_there() -> None:
    assert problems_of({"events.yaml": SMALL["events.yaml"]}) == []
    assert problems_of({}) == ["events.yaml:1:1: this file is missing: it says which events there are"]


def test_settings_and_tests_are_left_to_others() -> None:
    assert problems({"settings.yaml": "a: [", "segments/vip.test.yaml": "b: ["}) == []


def test_a_hash_follows_what_decides_and_not_how_it_is_described() -> None:
    was = loaded()
    described = loaded(edited("segments/vip.yaml", "Spends.", "Spends a lot."))
    changed = loaded(edited("segments/vip.yaml", "200", "201"))
    assert described.segments["vip"].hash == was.segments["vip"].hash
    assert described.version == was.version
    assert changed.segments["vip"].hash != was.segments["vip"].hash
    assert changed.segments["looker"].hash == was.segments["looker"].hash
    assert changed.version != was.version
    assert len(was.version) == len(was.segments["vip"].hash) == 16


def test_the_same_fields_under_another_name_are_another_definition() -> None:
    definitions = loaded({"segments/other.yaml": SMALL["segments/vip.yaml"]})
    assert definitions.segments["other"].hash != definitions.segments["vip"].hash


@pytest.mark.parametrize("order", [list(SMALL), list(reversed(SMALL))])
def test_the_order_in_which_files_are_given_makes_no_difference(order: list[str]) -> None:
    definitions = load({name: SMALL[name] for name in order})
    assert (definitions.version, list(definitions.segments)) == (loaded().version, list(loaded().segments))


def test_what_users_say_of_themselves_is_named_by_its_property() -> None:
    people = "    consent_changed: {purpose: string, granted: boolean}\n"
    named = edited("events.yaml", people, f"{people}    identify: {{plan: string, age: integer}}\n")
    segment = {"segments/pro.yaml": "when: plan == 'pro' and age >= 18\n"}
    assert problems({**named, **segment}) == []
    wrong = {"segments/pro.yaml": "when: pla == 'pro' and age == 'x'\n"}
    assert problems({**named, **wrong}) == [
        "segments/pro.yaml:1:7: there is no trait or segment 'pla' (did you mean 'plan'?)"
    ]


def test_no_trait_and_no_segment_has_the_name_of_what_users_say_of_themselves() -> None:
    people = "    consent_changed: {purpose: string, granted: boolean}\n"
    named = edited("events.yaml", people, f"{people}    identify: {{spend: number, vip: boolean}}\n")
    assert problems(named) == [
        "segments/vip.yaml:1:1: identify has a property 'vip' already",
        "traits.yaml:3:1: identify has a property 'spend' already",
    ]
