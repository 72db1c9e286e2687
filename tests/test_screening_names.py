"""Names are found however they are spelled, and names of others are not."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest

from screening.errors import NothingToScreen
from screening.lists import house
from screening.screen import PARTY, ListNames, list_names, screen

LIST = """entry_id,entry_type,name,aliases,weak_aliases,birth_dates,countries,identifiers
1,individual,"KARAWANI, Muhammad Abd al-Rahman",Владимир Жириновский,Tiger,13 Dec 1963,Iran;Syria,Passport: K-1234567
2,entity,NORDSTERN INTERNATIONAL TRADING COMPANY LIMITED,NITCO,,,Cyprus,
3,individual,"PETROSYAN, William Ashot",,,1970,Armenia,
4,individual,قاسم الكرواني,,,,,
5,entity,"S.A. DE C.V.",,,,,
"""


@pytest.fixture(scope="module")
def listed() -> ListNames:
    return list_names(house.read("house", LIST.encode(), datetime(2026, 1, 1)).entries)


def hits(listed: ListNames, name: str, threshold: float = 0.75, **known: object) -> pl.DataFrame:
    party = {
        "party_id": "p",
        "name": name,
        "is_person": True,
        "birth_date": None,
        "countries": [],
        "numbers": [],
    } | known
    return screen(pl.DataFrame([party], schema=PARTY), listed, threshold)


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("Muhammad Abd al-Rahman Karawani", "house/1"),
        ("karawani MOHAMED abdulrahman", "house/1"),
        ("محمد عبد الرحمن الكرواني", "house/1"),
        ("Muhamad Abdurrahman Karawany", "house/1"),
        ("M. Abdelrahman Karawani", "house/1"),
        ("Vladimir Jirinovski", "house/1"),
        ("Vladimir Zhirinovskiy", "house/1"),
        ("Bill Petrosyan", "house/3"),
        ("Petrosian, William", "house/3"),
        ("Qasim al Karawani", "house/4"),
    ],
)
def test_a_person_is_found_by_other_spellings(listed: ListNames, name: str, entry: str) -> None:
    assert entry in hits(listed, name)["entry_id"].to_list()


@pytest.mark.parametrize(
    "name",
    ["Nordstern Intl Trading Co.", "NORDSTERN INTERNATIONAL TRADING LLC", "Nord Stern International Trading", "Nitco"],
)
def test_a_firm_is_found_without_its_legal_form(listed: ListNames, name: str) -> None:
    assert hits(listed, name, is_person=False)["entry_id"].to_list() == ["house/2"]


@pytest.mark.parametrize(
    "name", ["Muhammad Ali", "Ashot Ivanov", "International Trading", "William Brook", "A", "?", ""]
)
def test_what_many_names_have_is_no_hit(listed: ListNames, name: str) -> None:
    assert hits(listed, name).is_empty()


def test_a_name_of_two_thousand_letters_is_compared_as_far_as_names_go(listed: ListNames) -> None:
    assert hits(listed, "William Ashot Petrosyan" + " and" * 500)["entry_id"].to_list() == ["house/3"]


def test_what_is_known_beside_the_name_adds_and_takes_away(listed: ListNames) -> None:
    alone = hits(listed, "Vladimir Zhirinovsky")
    same = hits(listed, "Vladimir Zhirinovsky", birth_date=date(1963, 12, 13), countries=["ir"], numbers=["K1234567"])
    other = hits(listed, "Vladimir Zhirinovsky", birth_date=date(1990, 1, 1), countries=["fr"])
    assert [alone["birth"][0], alone["country"][0], alone["number"][0]] == [None, None, None]
    assert same.select("birth", "country", "number").row(0) == (0.06, 0.02, 0.3)
    assert other["score"][0] == pytest.approx(alone["name_score"][0] - 0.19)


def test_a_hit_explains_itself(listed: ListNames) -> None:
    found = hits(listed, "William Petrosian").row(0, named=True)
    assert (found["list_name"], found["matched"], found["quality"]) == ("house", "PETROSYAN, William Ashot", "primary")
    assert {(word["asked"], word["listed"]) for word in found["words"]} == {
        ("william", "william"),
        ("petrosian", "petrosyan"),
    }
    assert sum(word["gives"] for word in found["words"]) == pytest.approx(found["name_score"], abs=1e-3)
    assert len(found["list_version"]) == 16


def test_the_same_parties_give_the_same_hits_in_any_company(listed: ListNames) -> None:
    names = ["William Petrosyan", "Muhammad Karawani", "Nordstern", "Muhammad Karawani"]
    rows: list[dict[str, object]] = [
        {"party_id": str(at), "name": name, "is_person": None, "birth_date": None, "countries": [], "numbers": []}
        for at, name in enumerate(names)
    ]
    together = screen(pl.DataFrame(rows, schema=PARTY), listed)
    alone = pl.concat([screen(pl.DataFrame([row], schema=PARTY), listed) for row in rows])
    columns = ["party_id", "entry_id", "score"]
    assert together.select(columns).sort(columns).equals(alone.select(columns).sort(columns))
    assert together.height >= 3


def test_no_list_is_an_error(listed: ListNames) -> None:
    with pytest.raises(NothingToScreen, match="no list has an entry"):
        list_names(listed.known.clear().select(entry_id="entry_id"))
