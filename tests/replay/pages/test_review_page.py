from pathlib import Path

import pytest

from stream.replay.pages.rendering import review_page
from stream.replay.review.shapes import Review
from tests.replay.pages.reader import Page
from tests.replay.review.shop import definitions, history, reviewed
from tests.replay.tiny import line


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Review:
    return reviewed(tmp_path_factory.mktemp("page"), history())


def test_the_page_is_whole_and_needs_nothing_from_outside(found: Review) -> None:
    page = review_page(found)
    read = Page(page)
    assert read.outside == []
    assert "default-src 'none'" in page
    assert "@import" not in page
    assert "url(" not in page
    assert "prefers-color-scheme: dark" in page


def test_every_table_has_a_caption_and_every_chart_a_text(found: Review) -> None:
    page = review_page(found)
    read = Page(page)
    assert read.tags["table"] == read.tags["caption"] > 10
    assert page.count("<svg") == page.count('role="img" aria-label=') + page.count('aria-hidden="true"><polyline')
    assert "Members of viewer, 2020-01-01 00:00 to 2020-01-02 06:00 UTC; at the end members 12" in page


def test_it_says_what_the_review_says(found: Review) -> None:
    text = Page(review_page(found)).text
    for finding in found.findings:
        assert finding.text.replace("`", "") in text
    assert "1h" in text
    assert "newsletter_read" in text


def test_the_page_of_a_review_of_nothing_is_whole_too(tmp_path: Path) -> None:
    text = Page(review_page(reviewed(tmp_path, [line(0, "a", "Newsletter Read")]))).text
    assert "Nobody ever entered." in text


def test_whatever_users_and_configs_write_is_escaped(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>\"'&"
    lines = [
        line(hour, f"{evil}{n}", "Product Added", product_id="p", **{evil: 1}) for n in range(12) for hour in (0, 9)
    ]
    lines += [line(hour + 0.5, f"{evil}{n}", "Order Completed", total=1) for n in range(12) for hour in (0, 9)]
    lines += [line(3, f"{evil}{n}", f"Clicked {evil}") for n in range(12)]
    lines += [line(20 + n, f"v{n}", "Product Viewed", category=evil, product_id="p") for n in range(12)]
    lines += [line(hour, f"{evil}{n}", "Product Added", product_id="p") for n in range(12) for hour in (18, 27)]
    config = definitions(evil="favourite == '<script>' or views >= 1")
    review = reviewed(tmp_path, lines, config)
    page = review_page(review)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    Page(page)
