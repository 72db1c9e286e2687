"""Who owns what in the end: through chains and circles, with control, thresholds, and what cannot be true."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import marts_lake
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from landed_bank import Bank, at
from marts_lake import BuiltLake, MakeLake

from owners import circles
from owners.interests import Interest, Owned, ultimate

make_lake = marts_lake.make_lake


def shares(*links: tuple[str, str, float]) -> list[Interest]:
    return [Interest(entity, owner, "shares", share) for entity, owner, share in links]


def found(interests: list[Interest], *persons: str) -> dict[tuple[str, str | None], Owned]:
    return {(one.entity, one.owner): one for one in ultimate(interests, persons)}


def test_shares_along_a_way_are_multiplied_and_ways_added() -> None:
    owned = found(shares(("C", "B", 0.5), ("C", "A", 0.5), ("B", "p", 0.6), ("A", "p", 0.4), ("A", "q", 0.6)), "p", "q")
    assert owned["C", "p"].share == pytest.approx(0.5 * 0.6 + 0.5 * 0.4)
    assert owned["C", "q"].share == pytest.approx(0.3)
    # Forty percent of B are nobody's.
    assert owned["C", None].share == pytest.approx(0.8)


def test_what_goes_round_in_a_circle_comes_to_those_outside() -> None:
    owned = found(shares(("A", "B", 0.4), ("B", "A", 0.5), ("A", "p", 0.6), ("B", "q", 0.5)), "p", "q")
    assert owned["A", "p"].share == pytest.approx(0.75)
    assert owned["A", "q"].share == pytest.approx(0.25)
    assert owned["A", None].share == pytest.approx(1)


def test_its_own_shares_belong_to_those_who_own_an_entity() -> None:
    owned = found(shares(("A", "A", 0.2), ("A", "p", 0.8)), "p")
    assert owned["A", "p"].share == pytest.approx(1)


def test_a_circle_that_nobody_owns_from_outside_stays_unknown() -> None:
    owned = found(shares(("A", "B", 1.0), ("B", "A", 1.0), ("C", "A", 1.0)), "p")
    assert [one.share for one in owned.values()] == [0, 0, 0]


def test_a_chain_of_thousands_ends() -> None:
    links = shares(("E0", "p", 1.0), *((f"E{n}", f"E{n - 1}", 1.0) for n in range(1, 5000)))
    assert found(links, "p")["E4999", "p"] == Owned("E4999", "p", 1.0, "E4998")


def test_shares_beyond_the_whole_count_in_proportion() -> None:
    owned = found(
        shares(("A", "p", 1.4), ("B", "p", 0.9), ("B", "q", 0.9), ("C", "p", -0.5), ("C", "q", 0.5)), "p", "q"
    )
    assert owned["A", "p"].share == 1
    assert owned["B", "p"].share == owned["B", "q"].share == 0.5
    assert ("C", "p") not in owned
    assert owned["C", "q"].share == 0.5


def test_control_needs_no_shares_and_goes_on_through_majorities() -> None:
    links = shares(("A", "p", 0.51), ("B", "A", 0.3), ("B", "p", 0.25), ("C", "B", 0.5), ("D", "q", 0.5))
    owned = found([*links, Interest("C", "q", "management", None)], "p", "q")
    # p and his A have more than half of B together; half of C is not more than half.
    assert {key: one.controlled_by for key, one in owned.items() if one.controlled_by} == {
        ("A", "p"): "p",
        ("B", "p"): "A",
        ("C", "q"): "q",
    }
    assert owned["C", "q"].share == 0


@given(
    st.integers(2, 8).flatmap(
        lambda size: st.lists(
            st.tuples(st.integers(0, size - 1), st.integers(0, size + 2), st.integers(1, 60)), min_size=1, max_size=30
        ).map(lambda links: (size, links))
    ),
    st.booleans(),
)
def test_any_web_is_solved_as_the_whole_system_of_equations_is(
    web: tuple[int, list[tuple[int, int, int]]], walked: bool
) -> None:
    """Entities are the first ``size`` parties; the three after them are persons."""
    size, links = web
    matrix = np.zeros((size, size + 3))
    for entity, owner, share in links:
        matrix[entity, owner] += share / 100
    whole = matrix.sum(axis=1, keepdims=True)
    # A circle that nearly nobody owns from outside takes longer than its equations are good for.
    matrix = np.where(whole > 1, matrix / np.maximum(whole, 1), matrix) * 0.98
    expected = np.linalg.solve(np.eye(size) - matrix[:, :size], matrix[:, size:])
    sent = [
        Interest(f"{e}", f"{o}", "shares", float(matrix[e, o]))
        for e in range(size)
        for o in range(size + 3)
        if matrix[e, o]
    ]
    with pytest.MonkeyPatch.context() as patch:
        if walked:
            patch.setattr(circles, "SOLVED_AT_ONCE", 0)
        owned = found(sent, *(str(size + n) for n in range(3)))
    for entity in range(size):
        for person in range(3):
            one = owned.get((f"{entity}", f"{size + person}"))
            told = one.share if one else 0.0
            if one or expected[entity, person] > 0.01:
                assert told == pytest.approx(expected[entity, person], abs=0.01 if walked else 1e-6)


@pytest.fixture(scope="module")
def lake(make_lake: MakeLake) -> BuiltLake:
    """Entities with owners of all kinds, wrong ones among them."""
    lake = make_lake()
    bank = Bank()
    for person in ("P-ann", "P-bob", "P-twin"):
        bank.person(person)
    bank.person("P-twin", merged_into="P-ann", status="closed", updated_at=at(1))
    for entity in ("E-top", "E-mid", "E-half", "E-loop1", "E-loop2", "E-self", "E-wrong", "E-sum", "E-none"):
        bank.person(entity, "corporate", party_type="legal_entity", legal_form="Corporation")
    for entity, owner, kind, percent in (
        ("E-top", "P-ann", "shares", "50"),
        ("E-top", "P-bob", "shares", "49.9999"),
        ("E-mid", "E-top", "shares", "50"),
        ("E-mid", "P-twin", "shares", "0.5"),
        ("E-half", "P-ann", "shares", "24.9999"),
        ("E-half", "P-bob", "management", None),
        ("E-loop1", "E-loop2", "shares", "100"),
        ("E-loop2", "E-loop1", "shares", "100"),
        ("E-self", "E-self", "shares", "50"),
        ("E-self", "P-ann", "shares", "50"),
        ("E-wrong", "P-ann", "shares", "140"),
        ("E-sum", "P-ann", "shares", "90"),
        ("E-sum", "P-bob", "shares", "90"),
        ("E-sum", "P-stranger", "voting_rights", None),
        ("P-bob", "P-ann", "shares", "10"),
    ):
        _interest(bank, entity, owner, kind, percent)
    _interest(bank, "E-none", "P-ann", "shares", "100", valid_from=date(2020, 1, 1), valid_to=date(2021, 1, 1))
    _interest(bank, "E-none", "P-bob", "shares", "100", valid_from=date(2022, 1, 1), valid_to=date(2021, 1, 1))
    lake.land(bank.events)
    models = ("+ownership_findings", "+beneficial_owners", "+owned_entities")
    lake.dbt(lake.newest(), "build", "--select", *models, "--exclude-resource-types", "test", "unit_test")
    return lake


def _interest(bank: Bank, entity: str, owner: str, kind: str, percent: str | None, **fields: Any) -> None:
    bank.send(
        "bank.ownership",
        at(1),
        entity_id=entity,
        owner_id=owner,
        control_kind=kind,
        share_percent=None if percent is None else Decimal(percent),
        updated_at=at(1),
        **fields,
    )


def test_beneficial_owners_are_natural_persons_from_the_threshold_on_or_with_control(lake: BuiltLake) -> None:
    rows = lake.rows(
        "select entity_id, owner_id, basis, percent::varchar, controlled_by from lake.kyc.beneficial_owners "
        "where is_beneficial_owner order by all"
    )
    assert rows == [
        ("E-half", "P-bob", "control", "0.0000", "P-bob"),
        # Half of the half, and what was her twin's.
        ("E-mid", "P-ann", "ownership", "25.5000", None),
        ("E-self", "P-ann", "ownership", "100.0000", None),
        ("E-sum", "P-ann", "ownership", "50.0000", None),
        ("E-sum", "P-bob", "ownership", "50.0000", None),
        ("E-top", "P-ann", "ownership", "50.0000", None),
        ("E-top", "P-bob", "ownership", "49.9999", None),
        ("E-wrong", "P-ann", "ownership and control", "100.0000", "P-ann"),
    ]


def test_what_nobody_told_is_shown(lake: BuiltLake) -> None:
    rows = lake.rows(
        "select entity_id, unknown_percent::double, beneficial_owners from lake.kyc.owned_entities order by 1"
    )
    assert rows == [
        ("E-half", 75.0001, 1),
        ("E-loop1", 100, 0),
        ("E-loop2", 100, 0),
        ("E-mid", pytest.approx(49.5, abs=0.001), 1),
        ("E-none", 100, 0),
        ("E-self", 0, 1),
        ("E-sum", 0, 2),
        ("E-top", pytest.approx(0.0001), 2),
        ("E-wrong", 0, 1),
        ("P-bob", 100, 0),
    ]


def test_what_cannot_be_true_is_named_and_kept(lake: BuiltLake) -> None:
    rows = lake.rows("select finding, entity_id, owner_id from lake.kyc.ownership_findings order by all")
    assert rows == [
        ("owned_in_a_circle", "E-loop1", None),
        ("owned_in_a_circle", "E-loop2", None),
        ("owns_itself", "E-self", "E-self"),
        ("period_is_reversed", "E-none", "P-bob"),
        ("person_is_owned", "P-bob", "P-ann"),
        ("share_above_whole", "E-wrong", "P-ann"),
        ("share_is_missing", "E-sum", "P-stranger"),
        ("shares_above_whole", "E-sum", None),
        ("shares_above_whole", "E-wrong", None),
        ("unknown_owner", "E-sum", "P-stranger"),
    ]
    ((sent,),) = lake.rows("select count(*) from lake.staging.stg_ownership where share_percent = 140")
    assert sent == 1
