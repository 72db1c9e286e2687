"""What a new version of a list changes is told, and one that has lost too much is refused."""

from __future__ import annotations

from datetime import datetime

import pytest

from screening.errors import ListShrunk
from screening.lists import house
from screening.lists.changes import changes
from screening.lists.version import ListVersion


def version(*rows: str, day: int = 1) -> ListVersion:
    return house.read("pep", "\n".join(("entry_id,name,countries", *rows)).encode(), datetime(2026, 1, day))


def test_added_removed_and_changed_entries_are_told_with_their_fields() -> None:
    before = version("1,Ann Roe,", "2,Bo Lee,", "3,Cy Poe,")
    after = version("1,Ann Roe,", "2,Bo Lea,Cuba", "4,Di Moe,", day=2)
    assert changes(before.entries, after).rows() == [
        ("pep/2", "changed", "Bo Lea", ["name", "countries"]),
        ("pep/3", "removed", "Cy Poe", None),
        ("pep/4", "added", "Di Moe", None),
    ]


def test_the_same_entries_on_another_day_change_nothing() -> None:
    before = version("1,Ann Roe,")
    assert changes(before.entries, version("1,Ann Roe,", day=2)).is_empty()


def test_a_list_that_lost_more_than_half_is_refused_unless_it_is_said_to_be_right() -> None:
    before, after = version("1,Ann Roe,", "2,Bo Lee,", "3,Cy Poe,"), version("1,Ann Roe,", day=2)
    with pytest.raises(ListShrunk, match=r"pep has 1 entries in version .* and had 3"):
        changes(before.entries, after)
    assert changes(before.entries, after, allow_shrink=True)["change"].to_list() == ["removed", "removed"]
