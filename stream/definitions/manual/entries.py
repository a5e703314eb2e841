"""The form of an entry of the manual."""

from typing import Final, Literal

import msgspec

Takes = Literal[
    "expression",
    "condition",
    "duration",
    "text",
    "name",
    "names",
    "steps",
    "window",
    "numbers",
    "segment",
    "tiers",
    "whole",
    "number",
    "flag",
    "true",
    "all",
    "words",
    "offset",
    "offsets",
    "source",
    "property",
    "period",
    "currency",
    "type",
    "rates",
    "topics",
    "payload",
    "values",
    "choice",
    "share",
    "time",
    "hours",
    "weekdays",
    "date",
    "best",
    "texts",
    "places",
    "until",
    "listed",
    "one or listed",
    "groups",
    "section",
    "sections",
]
"""What a field holds. `section` is a map with fields of its own, described by the section that `of` names; of what is
`listed` each is a name or such a map. Of a `choice`, `of` has the words, with blanks between.
"""

EXAMPLE_PLAN: Final = """\
currency: USD
rates: {EUR: 1.25}
topics:
  clickstream:
    product_viewed: {product_id: string, category: string, price: money}
    feature_used: {feature: string, minutes: number}
    ticket_opened: {ticket_id: string}
    ticket_closed: {ticket_id: string}
  cart:
    product_added: {product_id: string, quantity: integer, price: money}
    order_completed: {order_id: string, total: {type: money, currency: currency}, currency: string, coupon: string}
    order_refunded: {order_id: string, total: money}
  email:
    email_delivered: {campaign: string, trigger_id: string}
    email_opened: {campaign: string, machine: boolean}
  people:
    identify: {plan: string, birthday: string, country: string, timezone: string, renews_at: timestamp}
    consent_changed: {purpose: string, granted: boolean}
"""
"""The tracking plan of all examples that do not bring their own."""

EXAMPLE_ACTIONS: Final = """\
hello_mail: {channel: email, purpose: marketing, template: hello}
banner: {channel: ads, purpose: advertising, template: banner}
"""
"""The actions of all examples that do not bring their own."""


class Example(msgspec.Struct, frozen=True):
    """A small config, and what it comes to.

    `files` holds texts by path; a `*.test.yaml` among them holds scenarios. `story` is told to a user, line by line:
    `2d product_viewed {category: shoes}` is an event two days after the start, `6d => views == 2` says that the
    condition is true then.
    """

    files: dict[str, str]
    story: str = ""


class Entry(msgspec.Struct, frozen=True):
    """One word that can be written: its meaning in a sentence, what it takes, and an example.

    `bound` says what it keeps of a user, and how exact it is. `without` says what holds where it is left out.
    """

    name: str
    meaning: str
    takes: Takes = "text"
    of: str = ""
    required: bool = False
    without: str = ""
    bound: str = ""
    example: Example | None = None


class Section(msgspec.Struct, frozen=True):
    """All words of one place; `name` is what the reader calls it (`a segment`), `title` the page's heading."""

    name: str
    title: str
    intro: str
    entries: tuple[Entry, ...]
    example: Example | None = None

    def names(self) -> tuple[str, ...]:
        """Return the words, in order."""
        return tuple(entry.name for entry in self.entries)


def trait(line: str, story: str) -> Example:
    """Return an example of traits alone."""
    return Example({"traits.yaml": line.strip() + "\n"}, story.strip() + "\n")
