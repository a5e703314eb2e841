import pytest

from stream.definitions.problems import Problem, Spot
from stream.definitions.source import YamlList, YamlMap, YamlNode, YamlText, read_yaml


def read(text: str) -> tuple[YamlNode | None, list[str]]:
    problems: list[Problem] = []
    return read_yaml("f.yaml", text, problems), [str(problem) for problem in problems]


def field(text: str, name: str) -> YamlText:
    root, problems = read(text)
    assert problems == []
    assert isinstance(root, YamlMap)
    node = root.items[name]
    assert isinstance(node, YamlText)
    return node


@pytest.mark.parametrize(
    "written",
    [
        "yes",
        "no",
        "on",
        "off",
        "NO",
        "null",
        "~",
        "1_000",
        "0777",
        "0x1F",
        "1e3",
        "12:30",
        "2024-01-01",
        "1.10",
        ".inf",
    ],
)
def test_no_scalar_turns_into_anything_but_the_text_that_was_written(written: str) -> None:
    assert field(f"a: {written}\n", "a").text == written


def test_keys_that_other_readers_take_for_booleans_stay_text() -> None:
    root, problems = read("on: 1\nno: 2\n1_0: 3\n")
    assert isinstance(root, YamlMap)
    assert (list(root.items), problems) == (["on", "no", "1_0"], [])


def test_a_version_directive_changes_nothing() -> None:
    assert field("%YAML 1.1\n---\na: yes\n", "a").text == "yes"


def test_every_node_knows_its_place() -> None:
    root, _ = read("# a comment\nsteps:\n  - {wait: 24h}\n  - end: done\n")
    assert isinstance(root, YamlMap)
    steps = root.items["steps"]
    assert isinstance(steps, YamlList)
    assert (root.spot.line, root.spot.column) == (2, 1)
    assert [(item.spot.line, item.spot.column) for item in steps.items] == [(3, 5), (4, 5)]
    first = steps.items[0]
    assert isinstance(first, YamlMap)
    assert (first.key_spots["wait"].column, first.items["wait"].spot.column) == (6, 12)


@pytest.mark.parametrize(
    ("text", "word", "place"),
    [
        ("when: orders > x\n", "x", (1, 16)),
        ("when: 'orders > x'\n", "x", (1, 17)),
        ("when: \"a == 'b' > x\"\n", "x", (1, 19)),
        ("when: 'it''s > x'\n", "x", (1, 16)),
        ("when: orders\n  and x\n", "x", (2, 7)),
        ("when: >\n  orders\n  and x\n", "x", (3, 7)),
        ("when: |\n  orders\n\n  and x\n", "x", (4, 7)),
        ("\ufeffwhen: orders > x\n", "x", (1, 16)),
        ("a: b\r\nwhen: orders\r\n  > x\r\n", "x", (3, 5)),
    ],
)
def test_a_place_within_a_text_holds_over_quotes_and_line_breaks(text: str, word: str, place: tuple[int, int]) -> None:
    node = field(text, "when")
    spot = node.at(node.text.index(word))
    assert (spot.line, spot.column) == place


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\na: 2\n", "2:1: 'a' stands twice; the first is in line 1"),
        ("a: &x 1\n", "1:4: an anchor (&x): anchors and aliases are not read, write it out"),
        ("a: !!str 1\n", "1:4: a tag (tag:yaml.org,2002:str): every value is read as what its field needs"),
        ("a: !secret 1\n", "1:4: a tag (!secret): every value is read as what its field needs"),
        ("<<: {a: 1}\n", "1:1: a merge key (<<): write the fields out"),
        ("? [a, b]\n: c\n", "1:3: a field's name must be a text"),
        ("a: 1\n---\nb: 2\n", "2:1: a second document (---): one file holds one"),
        ("a:\n\tb: 1\n", "2:1: a tab in the indent: use spaces"),
        ("a:\n  b: 1\n \t c: 1\n", "3:2: a tab in the indent: use spaces"),
        ("a: {value: default(x, 0)}\n", "1:12: a comma ends a value inside { }: quote the expression"),
        ("a: {value: f(x, 0) + f(y, 0), b: 1}\n", "1:12: a comma ends a value inside { }: quote the expression"),
        (
            "a: {count: b, within}\n",
            "1:15: 'within' has no value; where it belongs to an expression, quote the expression",
        ),
        ("a: [1\nb: 2\n", "1:4: this '[' is not closed, or a comma is missing in it"),
        ("a: {b: 1\n", "1:4: this '{' is not closed, or a comma is missing in it"),
        ("a: 'x\n", "1:4: this quote is never closed"),
        ('a: "\\q"\n', "1:6: a backslash in double quotes begins an escape: use single quotes"),
        ("a: b: c\n", "1:5: a colon here ends the name of a field: quote the text, or check the indent"),
        ("a: @b\n", "1:4: a text may not begin with '@': quote it"),
        ("  a: 1\n b: 2\n", "2:2: the indent does not fit the lines above"),
        ("a: 1\nb: \x07\n", "2:4: the character U+0007 is not allowed in YAML"),
        ("[" * 60 + "]" * 60, "1:42: nested deeper than 40 levels"),
    ],
)
def test_what_yaml_could_misread_is_a_problem_at_its_place(text: str, problem: str) -> None:
    assert read(text)[1] == [f"f.yaml:{problem}"]


def test_a_split_expression_is_joined_again_so_that_it_makes_no_further_problems() -> None:
    root, problems = read("a: {value: default(x, 0) + default(y, 0), within: 7d}\n")
    assert isinstance(root, YamlMap)
    spec = root.items["a"]
    assert isinstance(spec, YamlMap)
    value = spec.items["value"]
    assert isinstance(value, YamlText)
    assert (value.text, list(spec.items), len(problems)) == ("default(x, 0) + default(y, 0)", ["value", "within"], 1)


def test_an_alias_is_a_problem_and_still_stands_for_its_node() -> None:
    root, problems = read("a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}\n")
    assert isinstance(root, YamlMap)
    assert root.items["c"] == root.items["a"]
    assert isinstance(root.items["d"], YamlMap)
    assert list(root.items["d"].items) == ["e", "b"]
    assert len(problems) == 4


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n...\n"])
def test_an_empty_file_says_nothing_and_is_no_problem_here(text: str) -> None:
    root, problems = read(text)
    assert problems == []
    assert root is None or (isinstance(root, YamlText) and root.raw == "")


def test_a_word_that_ends_in_brackets_is_one_word_also_within_braces() -> None:
    problems: list[Problem] = []
    text = "x: {sum: a.b[].c, where: b[].d > 1, of: [], 'b[]': \"e[]\"}\ny: [f[], g]\n"
    root = read_yaml("f.yaml", text, problems)
    assert problems == []
    assert isinstance(root, YamlMap)
    x, y = root.items["x"], root.items["y"]
    assert isinstance(x, YamlMap)
    assert isinstance(y, YamlList)
    assert [(name, getattr(node, "text", None)) for name, node in x.items.items()] == [
        ("sum", "a.b[].c"),
        ("where", "b[].d > 1"),
        ("of", None),
        ("b[]", "e[]"),
    ]
    assert [(node.text, node.raw) for node in y.items] == [("f[]", "f[]"), ("g", "g")]
    where = x.items["where"]
    assert isinstance(where, YamlText)
    assert where.at(6) == Spot("f.yaml", 1, text.index("> 1") + 1)
