"""The list of permissions, where the definitions share knowledge among users."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kafka.secure_broker import written_acls

SHARED = {"shop-contributions", "shop-reference", "eu.catalogue"}


def asked(role: str, folder: Path, **variables: str) -> set[tuple[str, str]]:
    acls = written_acls(role, folder, STREAM_APP="shop", STREAM_TOPIC_PREFIX="eu.", **variables)
    return {(acl.name, acl.operation) for acl in acls if acl.name in SHARED}


@pytest.mark.parametrize("role", ["worker", "topics", "play"])
def test_where_nothing_is_shared_no_account_needs_more_topics(role: str, tmp_path: Path) -> None:
    assert asked(role, tmp_path) == set()


def test_a_worker_tells_and_follows_and_only_reads_the_catalogue(tmp_path: Path) -> None:
    both = {(f"shop-{name}", how) for name in ("contributions", "reference") for how in ("Read", "Write")}
    assert asked("worker", tmp_path, STREAM_SHARES="yes") == {*both, ("eu.catalogue", "Read")}


def test_the_account_for_topics_creates_all_of_them(tmp_path: Path) -> None:
    operations = ("Create", "Describe", "DescribeConfigs")
    assert asked("topics", tmp_path, STREAM_SHARES="yes") == {(name, how) for name in SHARED for how in operations}
