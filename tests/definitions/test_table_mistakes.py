import pytest

from stream.definitions import load
from stream.definitions.problems import ConfigRefused
from tests.definitions.config_text import SMALL, loaded, problems

SPEND = {"tables/spend.yaml": "unit: USD\nscores: [20, 40, 60.5, 80]\n"}
HUNDREDTHS = f"percentiles: [{', '.join(map(str, range(1, 100)))}]\n"


def mistakes_in_table(text: str, file: str = "spend") -> list[str]:
    return problems({f"tables/{file}.yaml": text})


# A bar stands before the place of the mistake.
TABLES = [
    ("unit: USD\nscores: |[1, 2, 3]\n", "'scores' has 4 cut points, not 3"),
    ("unit: USD\nscores: [1, 2, |x, 4]\n", "a cut point is a number in plain digits, not 'x'"),
    ("unit: USD\nscores: [1, 3, |2, 4]\n", "'scores' ascend: 2 cannot come after 3"),
    ("|unit: USD\n", "a table needs 'scores' or 'percentiles'"),
    ("unit: USD\n|score: [1, 2, 3, 4]\n", "a table has no field 'score' (did you mean 'scores'?)"),
    ("|unit: EUR\nscores: [1, 2, 3, 4]\n", "spend is money, so that its table needs `unit: USD`"),
    ("|scores: [1, 2, 3, 4]\n", "spend is money, so that its table needs `unit: USD`"),
    (
        "unit: USD\nfitted: {|form: a.csv}\nscores: [1, 2, 3, 4]\n",
        "'fitted' has no field 'form' (did you mean 'from'?)",
    ),
    (
        f"unit: USD\n{HUNDREDTHS}".replace("[1,", "|[").replace("50,", "50,"),
        "'percentiles' has 99 cut points, not 98",
    ),
]


@pytest.mark.parametrize(("text", "message"), TABLES)
def test_a_mistake_in_a_table_is_told_at_its_place(text: str, message: str) -> None:
    before = text.partition("|")[0]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    assert mistakes_in_table(text.replace("|", "")) == [f"tables/spend.yaml:{line}:{column}: {message}"]


def test_a_table_is_of_a_trait_that_can_be_ranked() -> None:
    four = "scores: [1, 2, 3, 4]\n"
    assert mistakes_in_table(four, "ordrs") == [
        "tables/ordrs.yaml:1:1: there is no trait 'ordrs' (did you mean 'orders'?)"
    ]
    assert mistakes_in_table(four, "favourite") == [
        "tables/favourite.yaml:1:1: favourite is a string, which has no order: there are no cut points of it"
    ]
    assert mistakes_in_table("unit: USD\n" + four, "orders") == [
        "tables/orders.yaml:1:1: orders is a number, so that its table has no 'unit'"
    ]
    assert mistakes_in_table(four, "last_order_at") == [
        "tables/last_order_at.yaml:1:1: last_order_at is a timestamp, so that its table needs `unit: days`"
    ]


def test_a_table_in_another_folder_is_told_where_it_belongs() -> None:
    assert problems({"table/spend.yaml": SPEND["tables/spend.yaml"]}) == [
        "table/spend.yaml:1:1: no definitions are read from here (did you mean 'tables/spend.yaml'?)"
    ]


EXPRESSIONS = [
    ("score(|orders) >= 4", "there is no table of orders: `stream fit cuts orders` writes tables/orders.yaml"),
    ("percentile(|spend) >= 90", "tables/spend.yaml has no 'percentiles': `stream fit cuts spend` writes them"),
    ("score(|favourite) >= 4", "score(...) ranks numbers, money, durations and times; favourite is a string"),
    ("score(|spend / orders) >= 4", "score(...) takes the name of a trait, whose table it reads, not 'spend / orders'"),
    ("score(|cart.total) >= 4", "score(...) takes the name of a trait, whose table it reads, not 'cart.total'"),
    ("score(|vip) >= 4", "score(...) takes the name of a trait, whose table it reads, not 'vip'"),
    ("score(|spnd) >= 4", "there is no trait or segment 'spnd' (did you mean 'spend'?)"),
    ("|scores(spend) >= 4", "there is no function 'scores' (did you mean 'score'?)"),
    ("|score(spend, 5) >= 4", "score(...) takes 1 argument"),
    ("|score(spend) >= 6", "score(...) goes from 1 to 5, and never to 6"),
    ("|0 < score(spend)", "score(...) goes from 1 to 5, and never to 0"),
    ("score(spend) == |'high'", "score(spend) is a number: write it without quotes"),
]


@pytest.mark.parametrize(("condition", "message"), EXPRESSIONS)
def test_a_mistake_in_asking_for_a_rank_is_told_at_its_place(condition: str, message: str) -> None:
    column = len("when: ") + condition.index("|") + 1
    told = problems({**SPEND, "segments/best.yaml": f"when: {condition.replace('|', '')}\n"})
    assert told == [f"segments/best.yaml:1:{column}: {message}"]


def test_a_share_in_place_of_a_percentage_is_told() -> None:
    table = {"tables/spend.yaml": f"unit: USD\n{HUNDREDTHS}"}
    told = problems({**table, "segments/best.yaml": "when: percentile(spend) >= 0.9\n"})
    assert told == ["segments/best.yaml:1:7: percentile(...) goes from 0 to 99: write 90 for 0.9"]
    assert problems({**table, "segments/best.yaml": "when: percentile(spend) >= 90\n"}) == []


def test_a_rank_has_no_meaning_in_a_condition_on_an_event() -> None:
    told = problems({"traits.yaml": SMALL["traits.yaml"] + "x: {count: product_viewed, where: score(rating) > 3}\n"})
    assert told == [
        "traits.yaml:7:35: score(...) has no meaning in a condition on product_viewed: it is asked once",
    ]


def test_a_table_with_a_mistake_brings_no_further_one_where_it_is_read() -> None:
    told = problems({"tables/spend.yaml": "scores: [\n", "segments/best.yaml": "when: score(spend) >= 4\n"})
    assert len(told) == 1
    assert told[0].startswith("tables/spend.yaml:")


def test_while_tables_are_fitted_none_is_missed() -> None:
    files = {**SMALL, "segments/best.yaml": "when: score(spend) >= 4\n"}
    with pytest.raises(ConfigRefused):
        load(files)
    assert "best" in load(files, fitting=True).segments


def test_a_table_is_part_of_the_version_of_a_config() -> None:
    other = {"tables/spend.yaml": SPEND["tables/spend.yaml"].replace("20", "21")}
    assert loaded(SPEND).version not in (loaded().version, loaded(other).version)
