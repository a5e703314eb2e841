"""Whatever stands in a config, the parser gives a checked node or says what is wrong; nothing else, and soon."""

import string
from typing import Final

from hypothesis import example, given
from hypothesis import strategies as st

from stream.decision.conditions import Compiler
from stream.decision.program import Program
from stream.definitions import expressions as x
from stream.definitions.parsing import ExpressionError, identifiers, parse_expression
from stream.model.profile import new_profile
from tests.decision.story import scope_of
from tests.properties.histories import modest, wide_config
from tests.properties.written import conditions, values

DEFINITIONS: Final = wide_config()
SCOPE: Final = scope_of(DEFINITIONS)
PROGRAM: Final = Program(DEFINITIONS)
NODES: Final = x.Expr.__args__

HOSTILE: Final = (
    "().__class__.__bases__[0].__subclasses__()",
    "count.__class__",
    "cart.__init__.__globals__",
    "cart.total.__class__",
    "__import__('os').system('true')",
    "eval('1')",
    "since.__globals__",
    "9**9**9**9",
    "10 ** 10 ** 10",
    "1 << 99999999",
    "'a' * 999999999",
    "[0] * 999999999",
    "count * 'a'",
    "lambda: 1",
    "(lambda c: c)(1)",
    "f'{count}'",
    "f'{().__class__}'",
    "[c for c in (1, 2)]",
    "{c: 1 for c in ()}",
    "sum(c for c in ())",
    "(count := 5) > 3",
    "count if last_f else 1",
    "count > 1 if last_f else count < 1",
    "await count",
    "yield",
    "(yield 1)",
    "*count",
    "{**cart}",
    "count[0]",
    "cart['total']",
    "count is 1",
    "count not in [n]",
    "count in (1, (2, 3))",
    "~count",
    "count % 2 == 0",
    "count // 2 == 0",
    "count @ 2",
    "count & 1",
    "not",
    "count >",
    "count > 1;",
    "count = 1",
    "import os",
    "count > 1 # or nothing\n or True",
    "count >\\\n 1",
    "\x00",
    "count > 1\x00",
    "'\\x41' == 'A'",
    "'\\N{BULLET}' == top_s",
    "b'a' == top_s",
    "r'a' == top_s",
    "'a' 'b' == top_s",
    "'''a''' == top_s",
    "1e400 > count",
    "1e5 > count",
    "0x10 > count",
    "1_000 > count",
    "1j > count",
    "0o7 > count",
    "... == count",
    "None == count",
    "nan > 1",
    "-'a'",
    "+1 > 2",
    "99999999999999999999999d > since(last_at)",
    "since(last_at) > 5",
    "since(since(last_at)) > 5d",
    "since(*last_at)",
    "since(last_at, last_at=1)",
    "default(count)",
    "default(1, 2, 3)",
    "known()",
    "cоunt > 1",  # a Cyrillic о
    "ｃount > 1",
    "count ＞ 1",
    "count > ١",
    "count >\u00a01",
    "count\u200b > 1",
    "\u202ecount > 1",
    "\ufeffcount > 1",
    "count > 1 \u2028 or 1",
    "𝒸ount > 1",
    "\ud800",
    "'\ud800' == top_s",
    "\ud800" * 50,
    "count >\r 1",
    "(count >\r 1)",
    "(since(last_at) >\r 1d)",
    "count\x0c> 1",
    "(" * 199 + "count" + ")" * 199,
    "(" * 999 + "1" + ")" * 999,
    "-" * 1_999 + "1",
    "not " * 499 + "last_f",
    "known(" * 300 + "count" + ")" * 300,
    "default(" * 200 + "count" + ", 1)" * 200,
    "count" + " + 1" * 490,
    "count" + " * count" * 240 + " > 1",
    "1 < " * 400 + "count",
    "last_f or " * 199 + "last_f",
    "(" * 60 + "last_f" + " or last_f)" * 60,
    "a" * 2_001,
    "'" + "a" * 1_990 + "' == top_s",
    "a" * 1_000_000,
    "{" * 500,
    "[" * 500,
    "'" * 501,
    "",
    " ",
    "\n\n",
    "\t",
)


def parsed(text: str) -> x.Expr | None:
    """Parse; only the one error is allowed, and its place lies within the text."""
    try:
        return parse_expression(text, SCOPE)
    except ExpressionError as refusal:
        error = refusal
    assert error.message
    assert 0 <= error.offset <= len(text)
    return None


def checked(text: str) -> None:
    node = parsed(text)
    identifiers(text)
    if node is None:
        return
    reached = [node]
    while reached:
        part = reached.pop()
        assert isinstance(part, NODES)
        if isinstance(part, x.Name):
            known = {"trait": SCOPE.traits, "segment": SCOPE.segments}.get(part.kind, {part.name})
            assert part.name in known
        reached += x.children(part)
    compiler = Compiler(PROGRAM.readers, {code.trait.name: code for code in PROGRAM.traits}, PROGRAM.zone_of)
    compiler.function(node)(new_profile("u"), 0)


def test_hostile_text_is_refused_or_harmless() -> None:
    for text in HOSTILE:
        checked(text)


def test_nothing_outside_the_grammar_gets_in() -> None:
    allowed = [text for text in HOSTILE if parsed(text) is not None]
    harmless = {
        "count\x0c> 1",
        "(" * 199 + "count" + ")" * 199,
        "1 < " * 400 + "count",
        "last_f or " * 199 + "last_f",
        "'" + "a" * 1_990 + "' == top_s",
    }
    assert {text for text in allowed if text not in harmless} == set()


_WORDS: Final = st.sampled_from(
    (
        *SCOPE.traits,
        *SCOPE.segments,
        *"cart.total cart.items cart . id since( until( known( default( ( ) , + - * / ** // %".split(),
        *"< <= > >= == != and or not in is if else lambda : := [ ] { } ... True None true false".split(),
        *"1 0.5 1e9 7d 1h 30m 5x 'a' \"b\" f'{1}' @ ~ ; # \\".split(),
        "\n",
        "é",
        "__",
    )
)


@modest
@given(st.lists(_WORDS, max_size=25).map(" ".join))
@example("since ( last_at ) >= 1h")
def test_any_heap_of_words_is_refused_or_checked(text: str) -> None:
    checked(text)


@modest
@given(st.text(st.one_of(st.sampled_from(string.printable), st.characters()), max_size=60))
def test_any_text_is_refused_or_checked(text: str) -> None:
    checked(text)


@modest
@given(conditions(SCOPE), st.integers(0, 200), st.characters())
def test_one_character_gone_wrong_is_refused_or_checked(text: str, place: int, character: str) -> None:
    at = place % (len(text) + 1)
    checked(text[:at] + character + text[at:])
    checked(text[:at] + text[at + 1 :])


@modest
@given(values(SCOPE, depth=3))
def test_whatever_is_written_by_the_rules_is_accepted_and_keeps_its_text(text: str) -> None:
    node = parse_expression(text, SCOPE)
    assert text in (node.text, f"({node.text})")
    assert parse_expression(f"  {text}\n", SCOPE) == node


@modest
@given(st.text(st.characters(exclude_characters="'\"\\\n", exclude_categories=("Cs",)), max_size=20))
def test_a_string_is_worth_what_stands_between_its_quotes(content: str) -> None:
    for quote in "'\"":
        node = parsed(f"top_s == {quote}{content}{quote}")
        assert node is None or (isinstance(node, x.Compare) and node.right.value == content)
        if content.isprintable():
            assert node is not None
