"""The fields of scenarios, in `*.test.yaml`."""

from typing import Final

from stream.definitions.manual.entries import Entry, Example, Section

_HELD_OUT: Final = Example(
    {
        "traits.yaml": "orders: {count: order_completed}\n",
        "policy.yaml": "holdout: {journeys: 10%}\n",
        "journeys/thanks.yaml": "enter: {event: order_completed}\nsteps:\n  - trigger: hello_mail\n",
        "journeys/thanks.test.yaml": "- name: who is held out gets nothing, and what they would have got is on record\n"
        "  assume_consent: all\n  assume_holdout: all\n  given:\n    - {at: 0m, event: order_completed}\n"
        "  expect:\n    - {at: 0m, refused: hello_mail, because: held_out}\n"
        "    - {at: 0m, ended: thanks, because: completed}\n",
    }
)

SCENARIO: Final = Section(
    "a scenario",
    "`*.test.yaml`: scenarios",
    "A list beside a definition. Each is played on virtual time, and `expect` is the complete list of what the"
    " definition does: an empty one says that nothing may happen. Times are offsets from the start, `90m` or `1d2h`.",
    (
        Entry("name", "What it shows, in words.", "text", required=True),
        Entry("assume_consent", "Purposes that users have consented to, or all.", "words", without="none"),
        Entry(
            "assume_holdout",
            "`all`: everyone is held out of what is not transactional.",
            "all",
            without="nobody is",
            example=_HELD_OUT,
        ),
        Entry("watch", "`all`: list every definition's outcomes, not only this file's.", "all", without="this file's"),
        Entry("given", "What happens.", "sections", "given", required=True),
        Entry("until", "How long to look.", "offset", without="the last time named"),
        Entry("expect", "All that must come of it.", "sections", "expect", required=True),
    ),
    Example(
        {
            "traits.yaml": "orders: {count: order_completed}\n",
            "segments/german_buyer.yaml": "when: orders > 0 and country == 'DE'\n",
            "segments/german_buyer.test.yaml": "- name: buys, then says where from\n  given:\n"
            "    - {at: 0m, event: order_completed, with: {total: 5}}\n    - {at: 1h, identify: {country: DE}}\n"
            "    - {at: 2h, user: u2, id: same, event: order_completed}\n  until: 1d\n  expect:\n"
            "    - {at: 1h, entered: german_buyer}\n",
        }
    ),
)

GIVEN: Final = Section(
    "given",
    "What happens in a scenario",
    "Either `event` or `identify`, or a `product` of the catalogue.",
    (
        Entry("at", "When it happens.", "offset", required=True),
        Entry("arrives", "When it comes in, of a late one.", "offset", without="when it happens"),
        Entry("user", "To whom.", "text", without="u1"),
        Entry("id", "The id of the event, to tell the same one twice.", "text", without="one of its own"),
        Entry("event", "The event.", "name"),
        Entry("identify", "What the user says of themselves.", "values"),
        Entry(
            "product",
            "The id of a product of which the catalogue tells something now, for everyone: in `with` what is new, as"
            " in `{at: 2h, product: p1, with: {price: 15}}`; the rest stays as it was told before.",
        ),
        Entry(
            "with",
            "The event's properties, or the product's; a time among them is an offset too.",
            "values",
            without="none",
        ),
        Entry("timezone", "The time zone that the call's context brings.", without="none"),
    ),
)

EXPECT: Final = Section(
    "expect",
    "What must come of a scenario",
    "One of entered, exited, moved, triggered, withdrawn, refused, goal and ended.",
    (
        Entry("at", "When; a range is `7d..7d1h`.", "offsets", required=True),
        Entry("user", "Of whom.", "text", without="u1"),
        Entry("entered", "The segment that is entered.", "name"),
        Entry("exited", "The segment that is left.", "name"),
        Entry("moved", "The segment in which a user moves from one tier to another.", "name"),
        Entry("triggered", "The action that is sent.", "name"),
        Entry("withdrawn", "The action that is withdrawn.", "name"),
        Entry("refused", "The action that is not sent.", "name"),
        Entry("goal", "The event that reaches a goal.", "name"),
        Entry("ended", "The journey whose run ends.", "name"),
        Entry("from", "The tier that is left.", "name", without="any"),
        Entry("to", "The tier that is entered.", "name", without="any"),
        Entry("because", "The reason: of a refusal, a withdrawal or an end.", "text", without="any"),
        Entry("key", "The key of the run.", "text", without="any"),
        Entry("value", "The worth of a goal.", "number", without="any"),
    ),
)
