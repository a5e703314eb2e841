from datetime import date

import pytest

from tests.definitions.config_text import edited, loaded, problems

VIEWS = "views_7d: {count: product_viewed, within: 7d}"

CASES = [
    ("christmas: |12-01..12-24", "a season needs fields, as in `name: value`, not the text '12-01..12-24'"),
    ("christmas: |{from: 12-01}", "a season needs the field 'to'"),
    ("christmas: {from: 12-01, |til: 12-24, to: 12-24}", "a season has no field 'til'"),
    ("christmas: {from: |12-32, to: 12-24}", "'12-32' is no day: write 2026-11-26, or 11-26 for every year"),
    (
        "christmas: {from: |2026-02-29, to: 2026-03-24}",
        "'2026-02-29' is no day: write 2026-11-26, or 11-26 for every year",
    ),
    (
        "christmas: {from: |1. December, to: 12-24}",
        "'1. December' is no day: write 2026-11-26, or 11-26 for every year",
    ),
    ("christmas: {from: 2026-12-01, to: |2026-11-30}", "this season ends before it begins"),
    (
        "christmas: {from: 2026-12-01, to: |12-24}",
        "'from' and 'to' are both of one year (2026-11-26), or both of every year",
    ),
    ("christmas: |[]", "the season christmas is an empty list"),
    ("christmas: [{from: 12-01, to: 12-24}, |{from: 12-25}]", "a season needs the field 'to'"),
    (
        "|Christmas: {from: 12-01, to: 12-24}",
        "'Christmas' cannot name a season: use lower-case letters, digits and _ (did you mean 'christmas'?)",
    ),
]


@pytest.mark.parametrize(("line", "problem"), CASES)
def test_each_mistake_in_the_calendar_is_one_line_at_its_place(line: str, problem: str) -> None:
    festive = edited(
        "traits.yaml", VIEWS, f"{VIEWS}\nfestive: {{count: product_viewed, where: 'during(at, christmas)'}}"
    )
    changes = {"calendar.yaml": line.replace("|", "")}
    assert problems(changes) == [f"calendar.yaml:1:{line.index('|') + 1}: {problem}"]
    assert problems(changes | festive) == problems(changes)  # what names a season that is wrong is not blamed


def test_a_season_that_is_misspelt_is_said_with_the_nearest() -> None:
    line = "festive: {count: product_viewed, where: 'during(at, chrismas)'}"
    changes = edited("traits.yaml", VIEWS, f"{VIEWS}\n{line}")
    assert problems(changes | {"calendar.yaml": "christmas: {from: 12-01, to: 12-24}"}) == [
        "traits.yaml:2:53: there is no season 'chrismas' in calendar.yaml (did you mean 'christmas'?)"
    ]


@pytest.mark.parametrize(
    ("season", "inside", "outside"),
    [
        (
            "{from: 2026-11-26, to: 2026-11-30}",
            ["2026-11-26", "2026-11-30"],
            ["2026-11-25", "2026-12-01", "2027-11-26"],
        ),
        ("{from: 12-01, to: 12-24}", ["2026-12-01", "1999-12-24"], ["2026-11-30", "2026-12-25"]),
        ("{from: 12-27, to: 01-06}", ["2026-12-27", "2026-12-31", "2026-01-06"], ["2026-12-26", "2026-01-07"]),
        ("{from: 02-29, to: 02-29}", ["2024-02-29"], ["2023-02-28", "2023-03-01"]),
        ("[{from: 2026-04-03, to: 2026-04-06}, {from: 2027-03-26, to: 2027-03-29}]", ["2027-03-26"], ["2026-03-26"]),
    ],
)
def test_a_season_holds_both_its_ends_and_nothing_beside(season: str, inside: list[str], outside: list[str]) -> None:
    line = "festive: {count: product_viewed, where: 'during(at, feast)'}"
    definitions = loaded({"calendar.yaml": f"feast: {season}", **edited("traits.yaml", VIEWS, f"{VIEWS}\n{line}")})
    feast = definitions.traits["festive"].where.season
    assert [feast.holds(date.fromisoformat(day)) for day in inside + outside] == [True] * len(inside) + [False] * len(
        outside
    )


def test_a_time_zone_that_does_not_exist_is_said_with_the_nearest() -> None:
    assert problems(edited("events.yaml", "currency: USD\nrates", "currency: USD\ntimezone: Europe/Berln\nrates")) == [
        "events.yaml:2:11: there is no time zone 'Europe/Berln': write one as in Europe/Berlin"
        " (did you mean 'Europe/Berlin'?)"
    ]


def test_the_time_zone_of_users_of_whom_none_is_known_is_utc_unless_told() -> None:
    assert loaded().plan.timezone == "UTC"
    told = edited("events.yaml", "currency: USD\nrates", "currency: USD\ntimezone: Europe/Berlin\nrates")
    assert loaded(told).plan.timezone == "Europe/Berlin"
