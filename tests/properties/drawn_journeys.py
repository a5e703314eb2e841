"""Random journeys, actions and policies as people write them, each a whole config; the same number draws the same."""

import json
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import Final, TypeVar

from stream.definitions import load
from stream.definitions.problems import ConfigRefused
from stream.definitions.shapes import Definitions
from tests.properties.journeys_shop import EVENTS, SEGMENTS, TIERS, TOLD, TRAITS

Text = dict[str, object]
Files = dict[str, str]
_T = TypeVar("_T")
ATTEMPTS: Final = 20
"""Few configs have mistakes (an event that is waited for and starts the wait anew, say)."""

_CONDITIONS: Final = ("keen", "gone", "rich", "holder", "lost", "not keen", "n >= 2", "cart.total >= 20", "spend < 10")
_EXITS: Final = ("rich", "keen", "lost", "holder and keen", "n >= 3", "since(seen) >= 1h", "run.key == 'p3'")
_OF_RUN: Final = ("run.a >= 2", "run.p == 'p1'", "default(run.a, 0) < 2")
_SHORT: Final = ("1m", "10m", "30m", "1h", "1h", "2h", "5h", "1d")
_LONG: Final = ("30m", "1h", "2h", "5h", "16h", "1d", "3d", "7d")
_HEARD: Final = ("viewed", "measured", "closed", "product_added", "order_completed", "cart_changed", "cart_emptied")
_EXIT_EVENTS: Final = ("closed", "closed", "order_completed", "order_completed", "consent_withdrawn", "cart_emptied")
_KEYED: Final = ("viewed", "closed", "measured", "order_completed")
_GATES: Final = ("eligible", "applicable", "suitable")
_INSTEAD: Final = {"news": "mail", "mail": "ad", "sms": "mail", "ad": "receipt"}
_CHANNELS: Final = {"mail": "email", "news": "email", "ad": "ads", "sms": "sms", "receipt": "email", "leave": "ads"}


def drawn(number: int, *, feeds_back: bool = True, best_time: bool = True) -> Definitions:
    """Return the definitions of a number: the first of its configs that has no mistakes."""
    for attempt in range(ATTEMPTS):
        with suppress(ConfigRefused):
            return load(Drawing(number * ATTEMPTS + attempt, feeds_back=feeds_back, best_time=best_time).files())
    raise AssertionError(f"of {number} no config is accepted")


class Drawing:
    """The drawing of one config; with `feeds_back` triggers count in traits, and begin and end runs."""

    def __init__(self, number: int, *, feeds_back: bool = True, best_time: bool = True) -> None:
        self.random = Random(number)
        self.feeds_back = feeds_back and self.chance(2)
        self.best_time = best_time
        self.is_keyed = self.captures = False
        self.names: list[str] = []
        self.steps_left = 0
        self.journeys = [f"j{number}" for number in range(self.random.randint(1, 4))]

    def chance(self, of: int) -> bool:
        """Be true once in so often."""
        return self.random.randrange(of) == 0

    def one(self, among: Sequence[_T]) -> _T:
        return self.random.choice(among)

    def some(self, among: Sequence[str], most: int) -> list[str]:
        return self.random.sample(sorted(set(among)), self.random.randint(1, min(most, len(set(among)))))

    def files(self) -> Files:
        """Draw the config, as text by file."""
        segments = dict(SEGMENTS) | ({"informed": TOLD[1]} if self.feeds_back else {})
        files = {"events.yaml": EVENTS, "traits.yaml": TRAITS + (TOLD[0] if self.feeds_back else "")}
        files |= {f"segments/{name}.yaml": f"when: {when}\n" if when else TIERS for name, when in segments.items()}
        tiers = self.some(("urgent", "useful", "nice"), 3) if self.chance(2) else []
        files["actions.yaml"] = _written({name: self._action(name, tiers) for name in _CHANNELS})
        files["policy.yaml"] = _written(self._policy(tiers))
        return files | {f"journeys/{name}.yaml": _written(self._journey()) for name in self.journeys}

    def _action(self, name: str, tiers: list[str]) -> Text:
        purposes = {"ad": "advertising", "leave": "advertising", "receipt": "service", "news": ["marketing", "news"]}
        action: Text = {"channel": _CHANNELS[name], "purpose": purposes.get(name, "marketing"), "template": "t"}
        if name == "receipt":
            action |= {"transactional": True} | ({"counts": self.chance(2)} if self.chance(2) else {})
        if name == "sms":
            action["needs"] = ["phone"]
        action |= {gate: self.one(_CONDITIONS) for gate in _GATES if self.chance(10)}
        if self.chance(2):
            action["tags"] = self.some(("promo", "soft"), 2)
        if tiers and self.chance(2):
            action["tier"] = self.one(tiers)
        if self.chance(3):
            action["value"] = self.one(("cart.total", "n", "spend * 2"))
        if self.chance(3):
            action["weight"] = self.one((0.5, 2, 10))
        if self.chance(3):
            action |= {"fallback": _INSTEAD[name]} if name in _INSTEAD else {}
        return action | {
            "valid_for": self.one(("1h", "6h", "1d")),
            "withdrawn_on_exit": self.chance(3),
            "payload": {"items": "cart.items", "n": "n"},
        }

    def _of(self) -> dict[str, str]:
        kinds = {"channel": [*_CHANNELS.values()], "action": [*_CHANNELS], "journey": self.journeys}
        kind = self.one(("channel", "channel", "action", "journey"))
        return {kind: self.one(kinds[kind])}

    def _policy(self, tiers: list[str]) -> Text:
        caps = []
        for _ in range(self.random.randint(0, 4)):
            span = {"within": self.one(_LONG)} if self.random.randrange(3) else {"per": self.one(("day", "week"))}
            cap: Text = {**self._of(), "at_most": self.random.randint(1, 3), **span}
            caps.append(cap | {"on_cap": self.one(("skip", "defer", "defer", "exit"))})
            if self.chance(4):
                caps[-1]["count"] = "delivered"
        policy: Text = {"without_consent": ["service"], "max_trigger_age": self.one(("1h", "4h"))}
        policy |= {"caps": caps} if caps else {}
        if self.chance(2):
            quiet: Text = {"channels": self.some(("email", "sms", "ads"), 2), "then": self.one(("defer", "drop"))}
            quiet["between"] = self.one(("20:00-09:00", "22:00-06:30", "01:00-03:00", "12:00-13:00"))
            policy["quiet_hours"] = [quiet | ({"zones": ["Europe/Berlin", "UTC"]} if self.chance(2) else {})]
        if self.chance(2):
            group = {"of": [self._of(), {"action": self.one([*_CHANNELS])}], "within": self.one(_LONG)}
            policy["exclusive"] = {"one_of": group}
        if tiers:
            policy["tiers"] = tiers
        if self.chance(2):
            policy["holdout"] = {"everything": self.one(("5%", "30%")), "journeys": self.one(("10%", "40%"))}
        if self.chance(3):
            policy["settle"] = self.one(("1m", "1h"))
        if self.chance(2):
            policy["defer_at_most"] = self.one(("30m", "5h", "1d"))
        return policy

    def _journey(self) -> Text:
        self.names, self.is_keyed, self.captures = [], False, self.chance(2)
        self.steps_left = self.random.randint(2, 9)
        journey: Text = {"enter": self._enter()}
        if self.captures:
            of_event = "event" in journey["enter"] and journey["enter"]["event"] == "viewed"  # type: ignore[operator,index]
            journey["capture"] = {"a": "n", "p": "event.product_id" if of_event else "product"}
            journey |= {"refresh_on": self._heard(_HEARD, 2)} if self.chance(2) else {}
        if self.random.randrange(3):
            journey["exit_on"] = self._heard(_EXIT_EVENTS, 2)
        if self.chance(3):
            journey["exit_when"] = self.one(_EXITS)
        if self.chance(3):
            journey["on_exit"] = [{"trigger": "leave", "after": self.some(("ad", "mail", "sms"), 2)}, "receipt"]
        if self.chance(2):
            journey["goal"] = {"event": "order_completed", "within": self.one(_LONG), "value": "total"}
        if self.chance(4):
            journey["holdout"] = "50%"
        journey["steps"] = [*self._steps(0, learns="goal" in journey), {"trigger": self.one([*_CHANNELS])}]
        return journey

    def _enter(self) -> Text:
        enter: Text = {"again_after": self.one(("0s", "0s", "1h", "1d"))}
        if self.chance(3):
            enter["segment"] = self.one(("keen", "gone", "rich", "holder", "lost", "stage.looker", "stage.buyer"))
        else:
            own = ("trigger_sent",) if self.feeds_back else ()
            enter["event"] = self.one(("viewed", "viewed", "measured", "product_added", "cart_changed", *own))
            if enter["event"] == "viewed" and self.chance(4):
                enter["where"] = "n >= 2"
        if self.chance(2):
            self.is_keyed = True
            enter["key"] = "event.product_id" if enter.get("event") == "viewed" else self.one(("product", "cart.id"))
            enter |= {"max_concurrent": 2} if self.chance(2) else {}
        if self.chance(4):
            enter["same_key"] = "restart"
        if self.chance(4):
            enter["again_from"] = "entry"
        elif self.chance(12):
            del enter["again_after"]
            enter["once"] = True
        return enter

    def _heard(self, names: Sequence[str], most: int) -> list[object]:
        own = ("trigger_sent", "segment_exited") if self.feeds_back else ("segment_exited",)
        listed = self.some([*names, *(own if self.chance(4) else ())], most)
        return [self._one_heard(name) for name in listed]

    def _one_heard(self, name: str) -> object:
        heard: Text = {"event": name}
        if name in _KEYED and self.is_keyed and name != "cart.id" and self.chance(2):
            heard["match"] = "product_id"
        if name in ("viewed", "measured", "closed") and self.chance(3):
            heard["where"] = self.one(("n >= 2", "n == 1 or product_id == 'p1'", "known(product_id)"))
        if name == "consent_withdrawn" and self.chance(2):
            heard["where"] = "purpose == 'marketing'"
        return heard if len(heard) > 1 else name

    def _steps(self, depth: int, *, learns: bool) -> list[Text]:
        steps: list[Text] = []
        for _ in range(self.random.randint(1, 4 if depth == 0 else 2)):
            if self.steps_left <= 0:
                break
            self.steps_left -= 1
            steps.append(self._step(depth, learns=learns))
            if self.chance(5):
                self.names.append(f"s{len(self.names)}")
                steps[-1]["name"] = self.names[-1]
        if self.names and self.chance(3):
            steps.append({"goto": self.one(self.names), "at_most": self.random.randint(1, 3)})
        return steps or [{"trigger": self.one([*_CHANNELS])}]

    def _step(self, depth: int, *, learns: bool) -> Text:
        kinds = ["trigger", "trigger", "wait", "wait", "wait_until", "choose", "set"]
        kinds += ["wait_for", "branch", "split"] if depth < 2 else []
        kind = self.one(kinds)
        match kind:
            case "trigger":
                return self._trigger()
            case "wait":
                step: Text = {"wait": self.one(_SHORT)}
                return step | ({"if_none": self._heard(_HEARD, 2)} if self.chance(3) else {})
            case "wait_until":
                return {"wait_until": self._until()}
            case "wait_for":
                waits: Text = {"wait_for": self._heard(_HEARD, 2), "at_most": self.one(_SHORT)}
                waits |= {"reset_on": ["measured"]} if self.chance(3) else {}
                waits |= {"then": self._steps(depth + 1, learns=learns)} if self.chance(2) else {}
                return waits | ({"otherwise": self._steps(depth + 1, learns=learns)} if self.chance(2) else {})
            case "branch":
                conditions = [*_CONDITIONS, *(_OF_RUN if self.captures else ())]
                arms: list[Text] = [{"when": self.one(conditions), "steps": self._steps(depth + 1, learns=learns)}]
                arms.append({"when": self.one(conditions), "trigger": self.one([*_CHANNELS])})
                return {"branch": arms + ([{"otherwise": "true", "end": "enough"}] if self.chance(3) else [])}
            case "split":
                inner = self._steps(depth + 1, learns=learns)
                return {"split": [{"weight": 2, "steps": inner}, {"weight": 1, "trigger": self.one([*_CHANNELS])}]}
            case "choose":
                choice: Text = {"choose": [*_sorted_by(self.random, self.some([*_CHANNELS], 3), [*_CHANNELS])]}
                return choice | ({"policy": "thompson"} if learns and self.chance(2) else {})
            case _:
                return {"set": {"b": self.one(("cart.total", "spend"))}}

    def _trigger(self) -> Text:
        trigger: Text = {"trigger": self.one([*_CHANNELS])}
        if self.best_time and self.chance(6):
            trigger["at"] = "best_time within 5h"
        if self.chance(4):
            trigger["with"] = {"k": "run.key", "since": "run.entered_at", "a": "run.a" if self.captures else "n"}
        return trigger

    def _until(self) -> object:
        past = self.one(("run", "skip", "exit"))
        return self.one(
            (
                "09:00",
                {"time": "20:30", "weekday": ["monday", "friday"]},
                {"date": "2024-03-10", "time": "02:30", "past": past},
                {"moment": "t", "before": "1h", "past": past},
                {"moment": "run.entered_at", "after": "5h", "past": past},
            )
        )


def _sorted_by(random: Random, chosen: list[str], among: list[str]) -> list[str]:
    """Return at least two, in any order."""
    found = [*chosen, *(name for name in among if name not in chosen)][: max(2, len(chosen))]
    random.shuffle(found)
    return found


def _written(text: Text) -> str:
    """Write JSON, which YAML 1.2 reads as well; numbers and booleans as the plain words they are in YAML."""
    return json.dumps(text) + "\n"
