"""What was known when: states in event time and landed time, with late, out-of-order, deleted and merged parties."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any

import marts_lake
import pytest
from landed_bank import Bank, Event, at
from marts_lake import BuiltLake, MakeLake

make_lake = marts_lake.make_lake

HISTORIES = ("+party_history", "+account_history", "+ownership_history", "+int_party_survivors")
KNOWN = """
    select {columns} from lake.kyc.{table}
    where
        {key} = '{value}'
        and valid_from <= timestamp '{day}' and coalesce(valid_to > timestamp '{day}', true)
        and known_from <= timestamp '{known}' and coalesce(known_to > timestamp '{known}', true)
    order by all
"""


@pytest.fixture(scope="module")
def lake(make_lake: MakeLake) -> BuiltLake:
    """Parties, an account and an interest that changed, landed on the days on which they were sent or later."""
    lake = make_lake()
    lake.land(_sent())
    lake.dbt(lake.newest(), "build", "--select", *HISTORIES, "--exclude-resource-types", "unit_test")
    return lake


def _sent() -> list[Event]:
    bank = Bank()

    def person(party_id: str, changed: int, sent: int, **fields: Any) -> None:
        bank.person(party_id, updated_at=at(changed), **fields)
        last = bank.events.pop()
        bank.events.append(replace(last, row=last.row | {"_timestamp": at(sent), "_landed_at": at(sent)}))

    person("P-late", 0, 0, residence_country="US")
    person("P-late", 20, 20, residence_country="CA")
    # Learned on day 30: between day 10 and day 20 it was another country.
    person("P-late", 10, 30, residence_country="MM")
    person("P-gone", 0, 0)
    bank.send("bank.parties", at(5), party_id="P-gone", tombstone=True)
    person("P-back", 0, 0, segment="retail")
    bank.send("bank.parties", at(5), party_id="P-back", tombstone=True)
    person("P-back", 9, 9, segment="private")
    for source, target in (("P-twin", "P-one"), ("P-old", "P-twin"), ("P-a", "P-b"), ("P-b", "P-a")):
        person(source, 0, 0)
        person(source, 7, 7, merged_into=target, status="closed")
    person("P-one", 0, 0)
    bank.account("A-1", "P-one", updated_at=at(0))
    bank.account("A-1", "P-one", "P-late", updated_at=at(3))
    for share, day in ((40, 0), (60, 15)):
        bank.send(
            "bank.ownership",
            at(day),
            entity_id="P-firm",
            owner_id="P-one",
            control_kind="shares",
            share_percent=Decimal(share),
            updated_at=at(day),
        )
    bank.send(
        "bank.ownership",
        at(1),
        entity_id="P-firm",
        owner_id="P-one",
        control_kind="management",
        updated_at=at(1),
    )
    for party_id, sent, changed in _shuffled():
        if changed is None:
            bank.send("bank.parties", at(sent), party_id=party_id, tombstone=True)
        else:
            person(party_id, changed, sent, occupation=f"since {changed}, told {sent}")
    return bank.events


def _shuffled() -> list[tuple[str, int, int | None]]:
    """Changes of fifty parties: whose, sent on which day, made on which, none for a deletion; as sent."""
    random = Random(7)
    made: list[tuple[str, int, int | None]] = []
    for party in range(50):
        days = sorted(random.sample(range(1, 40), random.randint(2, 7)))
        made += [(f"P-r{party}", sent, None if random.random() < 0.2 else random.randint(0, sent)) for sent in days]
    return made


def known(
    lake: BuiltLake, table: str, columns: str, value: str, day: datetime, known_on: datetime
) -> list[tuple[Any, ...]]:
    key = {"party_history": "party_id", "account_history": "account_id", "ownership_history": "entity_id"}[table]
    return lake.rows(KNOWN.format(table=table, key=key, columns=columns, value=value, day=day, known=known_on))


@pytest.mark.parametrize(
    ("day", "known_on", "country"),
    [
        (at(12), at(12), "US"),
        (at(12), at(25), "US"),
        (at(12), at(31), "MM"),
        (at(25), at(25), "CA"),
        (at(25), at(31), "CA"),
        (at(5), at(31), "US"),
    ],
)
def test_what_was_known_of_a_day_does_not_change_when_something_lands_late(
    lake: BuiltLake, day: datetime, known_on: datetime, country: str
) -> None:
    assert known(lake, "party_history", "residence_country", "P-late", day, known_on) == [(country,)]


def test_a_deleted_party_keeps_its_history_and_one_sent_again_goes_on(lake: BuiltLake) -> None:
    assert known(lake, "party_history", "ended_by", "P-gone", at(2), at(9)) == [("deletion",)]
    assert known(lake, "party_history", "ended_by", "P-gone", at(2), at(3)) == [(None,)]
    assert known(lake, "party_history", "name", "P-gone", at(6), at(9)) == []
    assert known(lake, "party_history", "segment", "P-back", at(7), at(9)) == []
    assert known(lake, "party_history", "segment", "P-back", at(10), at(10)) == [("private",)]


def test_a_merged_party_keeps_its_history_and_leads_to_the_one_that_goes_on(lake: BuiltLake) -> None:
    assert known(lake, "party_history", "merged_into", "P-old", at(5), at(9)) == [(None,)]
    assert known(lake, "party_history", "merged_into", "P-old", at(8), at(9)) == [("P-twin",)]
    merged = lake.rows("select party_id, survivor_id from lake.intermediate.int_party_survivors order by 1")
    # Two that were merged into each other both stay.
    assert merged == [("P-old", "P-one"), ("P-twin", "P-one")]


def test_accounts_and_interests_have_a_history_too(lake: BuiltLake) -> None:
    parties = "list_transform(parties, lambda p: p.party_id)"
    assert known(lake, "account_history", parties, "A-1", at(2), at(9)) == [(["P-one"],)]
    assert known(lake, "account_history", parties, "A-1", at(4), at(9)) == [(["P-one", "P-late"],)]
    interests = "control_kind, share_percent"
    management = ("management", None)
    assert known(lake, "ownership_history", interests, "P-firm", at(2), at(9)) == [
        management,
        ("shares", Decimal("40.0000")),
    ]
    assert known(lake, "ownership_history", interests, "P-firm", at(16), at(19)) == [
        management,
        ("shares", Decimal("60.0000")),
    ]


def test_any_order_of_changes_and_deletions_is_told_as_a_reading_of_the_topic_tells_it(lake: BuiltLake) -> None:
    told = lake.rows(
        "select party_id, occupation, valid_from, valid_to, known_from, known_to from lake.kyc.party_history "
        "where starts_with(party_id, 'P-r')"
    )
    for known_on in range(0, 41, 4):
        for day in range(0, 41, 3):
            moment, then = at(day, 16), at(known_on, 16)
            found = {
                party_id: occupation
                for party_id, occupation, *times in told
                if _within(moment, *times[:2]) and _within(then, *times[2:])
            }
            assert found == _read(day, known_on)
    assert len(told) == len({(each[0], each[1], each[4]) for each in told})


def _within(moment: datetime, begin: datetime, end: datetime | None) -> bool:
    return begin <= moment and (end is None or moment < end)


def _read(day: int, known_on: int) -> dict[str, str]:
    """Who was what on ``day`` by what was sent up to ``known_on``: the newest change by then, unless deleted since."""
    found: dict[str, tuple[int, str]] = {}
    for party_id, sent, changed in _shuffled():
        if sent > known_on:
            continue
        if changed is None:
            if party_id in found and sent <= day:
                found[party_id] = (found[party_id][0], "")
        elif changed <= day and (party_id not in found or found[party_id][0] <= changed):
            found[party_id] = (changed, f"since {changed}, told {sent}")
    return {party_id: state for party_id, (_, state) in found.items() if state}
