"""What an event does, as one function for each event name: it feeds the traits that name the event, then decides the
memberships that it may have changed, then tells the journeys that listen.

The functions are made as Python source. Every name in it is ours and every constant is handed in by reference, so
nothing a config says ever becomes code. What is fed most often (counts, first and last values) is written out; all
else is fed by its `Update` or `Feed`.
"""

from collections.abc import Callable, Iterable
from math import ceil, floor
from typing import Final

import msgspec

from stream.decision import cart, habits, journeys, people, segments, settled, standing_room
from stream.decision.emitting import Emitter
from stream.decision.guards import ALWAYS, NEVER_SO, Guards, Touched, any_of
from stream.decision.items import memory
from stream.decision.keyed import held_of
from stream.decision.program import Handler, Program, SegmentCode
from stream.decision.readers import TraitCode
from stream.decision.reading import Update
from stream.decision.settled import Settled
from stream.decision.turn import Fact, Turn
from stream.decision.written_out import WRITTEN_OUT
from stream.definitions import expressions as x
from stream.definitions.responses import TRIGGER_ID
from stream.definitions.shapes import Derived
from stream.model.events import Event, Scalar
from stream.model.profile import Profile
from stream.model.states import Buckets, Cell
from stream.model.text import kept_text

Reaction = Callable[[Turn, Profile, Fact], None]
"""Let an event reach the traits, segments and journeys it touches."""

_DELIVERED: Final = "email_delivered"

_BEGINNING: Final = """\
def react(turn, profile, fact):
    at, cause, traits = fact.time_ms, fact.id, profile.traits"""


def reaction(program: Program, handler: Handler) -> Reaction:
    """Return the function for an event that touches so much."""
    return _Writing(program, handler).made()


def no_reaction(_turn: Turn, _profile: Profile, _fact: Fact) -> None:
    """Do what an event does that no definition names."""


def _change_cart(turn: Turn, profile: Profile, event: Event) -> bool:
    """Let an event change the carts, and tell of it; return whether it changed any."""
    changes = cart.apply(profile, event)
    for changed in changes:
        turn.add("cart_changed", {"cart_id": changed.id}, event.id)
        if not changed.quantity:
            turn.add("cart_emptied", {"cart_id": changed.id}, event.id)
    return bool(changes)


def _change_person(turn: Turn, profile: Profile, event: Event) -> None:
    """Let an event change what is known of the person, and tell of a consent that it takes back."""
    purpose = people.apply(profile, event)
    if purpose:
        turn.add("consent_withdrawn", {"purpose": purpose}, event.id)


def _note_delivered(turn: Turn, fact: Fact) -> None:
    """Note that a trigger was delivered, if the event says which."""
    trigger_id = fact.props.get(TRIGGER_ID)
    if isinstance(trigger_id, str):
        standing_room.note_delivered(turn, trigger_id, fact.time_ms)


def _count_anew(update: Update, profile: Profile, key: str, at_ms: int, cause: str) -> int:
    """Count into another bucket than the newest; return what is held in all."""
    update(profile, at_ms, at_ms, cause)
    buckets = profile.traits.get(key)
    return buckets.total if isinstance(buckets, Buckets) else 0


class _Writing(Emitter):
    """The writing of one function."""

    def __init__(self, program: Program, handler: Handler) -> None:
        super().__init__()
        self._program, self._handler = program, handler
        self._names = {
            "Cell": Cell,
            "kept_text": kept_text,
            "count_anew": _count_anew,
            "change_cart": _change_cart,
            "change_person": _change_person,
            "note_delivered": _note_delivered,
            "learn_habits": habits.learn,
            "remember_products": memory.take_in,
            "decide": segments.decide,
            "evaluate": segments.evaluate,
            "wait": segments.wait,
            "hear": journeys.hear,
            "current_cart": cart.current_cart,
            "ceil": ceil,
            "floor": floor,
            **settled.NAMES,
        }
        self._lines = _BEGINNING.splitlines()
        self._touched: dict[str, Touched] = {}
        self._counted: dict[str, str] = {}
        self._buckets: dict[int, str] = {}

    def made(self) -> Reaction:
        handler = self._handler
        self._change_others(handler)
        if handler.traits:
            self._write("props, spread = fact.props, profile.spread")
        for code in handler.traits:
            self._feed(code)
        if handler.segments:
            self._decide_first(handler.segments)
            self._decide(handler.segments)
        if handler.journeys:
            self._write(f"hear(turn, {self._given(self._program.listening(handler.event))}, fact)")
        source = "\n".join(self._lines)
        exec(compile(source, f"<{handler.event}>", "exec"), self._names)  # noqa: S102 - see the module's docstring
        return self._names["react"]  # type: ignore[return-value]  # what `exec` defines has no static type

    def _change_others(self, handler: Handler) -> None:
        """Write what else an event changes than traits: products remembered, the cart, the person, habits, runs."""
        if self._program.remembers_products and handler.event in memory.EVENTS:
            remember = "turn.news.index.take_in" if self._program.concerned else "remember_products"
            self._write(f"turn.contributions += {remember}(profile, fact)")
        if handler.changes_cart:
            self._write("cart_changed = change_cart(turn, profile, fact)")
            self._touched["cart"] = Touched(changed="cart_changed")
        if handler.changes_person:
            self._write("change_person(turn, profile, fact)")
        if handler.event == _DELIVERED and self._program.counts_deliveries:
            self._write("note_delivered(turn, fact)")
        if handler.response_weight:
            self._write(f"learn_habits(turn, {handler.response_weight}, fact)")
        if self._program.may_end_runs(handler):
            self._write("turn.moved = True")

    def _write(self, text: str, depth: int = 1) -> None:
        self._lines += ["    " * depth + line for line in text.splitlines()]

    def _feed(self, code: TraitCode) -> None:
        """Write how a trait is fed, and note what is known of it then."""
        event = self._handler.event
        if code.kept_as and code.trait.event == event:
            self._touched[code.trait.name] = self._feed_quickly(code)
            return
        changed, fed_with = [], []
        for name, fed, update in code.updates:
            if name == event:
                value = f"v{len(self._lines)}"
                self._write(f"{value} = {f'props.get({self._given(fed)})' if fed else 'at'}")
                self._write(f"if {value} is not None: {self._given(update)}(profile, {value}, at, cause)")
                changed.append(f"{value} is not None")
                fed_with.append(value)
        for name, feed in code.feeds:
            if name == event:
                changed.append(f"d{len(self._lines)}")
                self._write(f"{changed[-1]} = {self._given(feed)}(profile, fact)")
        lies_between = code.lies_between and len(changed) == len(fed_with) == 1
        known = self._held(code, Touched(changed=any_of(*changed), fed=fed_with[0] if lies_between else ""))
        self._touched[code.trait.name] = known if code.only_fed else Touched()

    def _held(self, code: TraitCode, known: Touched) -> Touched:
        """Return what is known of a trait, and where it counts by key also how to tell what it holds of a key."""
        if code.most_held is None:
            return known
        most_held = f"{self._given(code.most_held)}(profile)"

        def of_key(of: Scalar) -> str:
            return f"{self._given(held_of(code.key, of))}(profile)"

        return msgspec.structs.replace(known, most_held=most_held, held_of=of_key)

    def _feed_quickly(self, code: TraitCode) -> Touched:
        """Write out how a trait of a common kind is fed, and return what is known of it then."""
        number, key = len(self._touched), self._given(code.key)
        names = {"key": key, "most": f"c{number}", "changed": f"d{number}", "value": "at", "held": f"h{number}"}
        names |= {"bucket": self._bucket(code.width_ms), "update": self._given(code.kept_by)}
        if code.fed:
            names["value"] = f"v{number}"
            self._write("{value} = props.get({fed})".format(fed=self._given(code.fed), **names))
            if code.kept_as in ("last", "first"):
                self._write("if {value}.__class__ is str: {value} = kept_text({value})".format(**names))
        tests = ["{value} is not None".format(**names)] if code.fed else []
        if code.test is not None:
            tests.append(f"{self._given(code.test)}(props, at, profile)[0] is True")
        if code.kept_as == "count by key":
            self._write("{held} = 0".format(**names))
        if tests:
            self._write("{changed} = {tests}".format(tests=" and ".join(tests), **names))
            self._write("if {changed}:".format(**names))
        self._write(WRITTEN_OUT[code.kept_as].format(**names), 2 if tests else 1)
        if tests or code.kept_as == "first":
            fed_held = names["held"] if code.kept_as == "count by key" else ""
            return self._held(code, Touched(changed=names["changed"], fed_held=fed_held))
        if code.kept_as == "last":
            return Touched(is_moment=not code.fed)
        if code.kept_as == "count":
            self._counted[code.trait.name] = names["most"]
        return Touched(names["most"])

    def _bucket(self, width_ms: int) -> str:
        """Return the number of the bucket that the event's time falls into, found once for each width of a bucket."""
        if not width_ms:
            return "0"
        if width_ms not in self._buckets:
            self._buckets[width_ms] = f"b{len(self._buckets)}"
            self._write(f"{self._buckets[width_ms]} = (at + spread) // {width_ms}")
        return self._buckets[width_ms]

    def _decide_first(self, codes: Iterable[SegmentCode]) -> None:
        """Write that of a new profile all that may hold is asked, so that none is decided before one that it reads."""
        names = {code.name for code in (*codes, *self._program.newcomers)}
        asked = self._given([code for name, code in self._program.segments.items() if name in names])
        listening = self._given(self._program.listening(self._handler.event))
        hear = f"; hear(turn, {listening}, fact)" if self._handler.journeys else ""
        self._write(f"if not profile.version: evaluate(turn, {asked}, cause){hear}; return")

    def _decide(self, codes: Iterable[SegmentCode]) -> None:
        """Write what decides the memberships that may have changed, those that others read first."""
        self._write("turn.crossed, now, members = False, turn.now_ms, profile.memberships")
        begins, touched = len(self._lines), self._touched
        for name in self._handler.changed - touched.keys():
            touched[name] = Touched()
        for trait in self._program.definitions.traits.values():
            if isinstance(trait, Derived) and (read := x.names(trait.value) & touched.keys()):
                changed = any_of(*(touched[name].changed or ALWAYS for name in sorted(read)))
                touched[trait.name] = Touched(changed=changed)
        still = Settled({code.trait.name: code for code in self._program.traits}, self._counted, self._given)
        guards = Guards(touched, still, self._given)
        for code in codes:
            self._decide_one(code, guards)
            touched[code.name] = Touched(changed="turn.crossed")
        if still.reads_cart:
            self._lines.insert(begins, "    cart = current_cart(profile)")

    def _decide_one(self, code: SegmentCode, guards: Guards) -> None:
        if code.tests:
            self._decide_tier(code, guards)
            return
        outside, inside = _may_enter(code, guards), _may_leave(code, guards)
        asked, found = f"decide(turn, {self._given(code)}, m, cause)", f"m = members.get({self._given(code.name)})"
        if outside == inside == NEVER_SO:
            return
        if outside == inside == ALWAYS:
            self._write(f"{found}\n{asked}")
        elif inside == NEVER_SO and "m.next_ms" not in outside:
            self._write(f"if {outside}:\n    {found}\n    if m is None or not m.inside: {asked}")
        else:
            self._write(f"{found}\nif m is None or not m.inside:\n    if {outside}:")
            moment = guards.waits_until(code.segment.when)
            waits = f"if now < {moment}: wait(turn, {self._given(code.name)}, m, {moment})\nelse: {asked}"
            self._write(waits if moment else asked, 3)
            if inside != NEVER_SO:
                self._write(f"elif {inside}: {asked}")

    def _decide_tier(self, code: SegmentCode, guards: Guards) -> None:
        """Write when a tier is asked again: one before it may have come to hold, or its own may hold no longer."""
        asked, earlier = f"decide(turn, {self._given(code)}, m, cause)", NEVER_SO
        self._write(f"m = members.get({self._given(code.name)})\nif m is None: {asked}")
        for tier in code.segment.tiers:
            moves = any_of(earlier, NEVER_SO if tier.when is None else guards.fails(tier.when))
            if moves != NEVER_SO:
                self._write(f"elif m.tier == {self._given(tier.name)}:\n    if {moves}: {asked}")
            earlier = any_of(earlier, guards.enters(tier.when)) if tier.when is not None else earlier


def _may_enter(code: SegmentCode, guards: Guards) -> str:
    """Return when one who is outside has to be decided again; who is to leave at once does not enter."""
    when, leave = code.segment.when, code.segment.exit
    if leave is None or guards.only_rises(leave):
        return guards.enters(when)
    return guards.holds(when)


def _may_leave(code: SegmentCode, guards: Guards) -> str:
    """Return when one who is inside has to be decided again."""
    when, leave = code.segment.when, code.segment.exit
    return guards.fails(when) if leave is None else guards.enters(leave)
