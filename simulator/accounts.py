"""Accounts: who holds, signs for and benefits from which."""

from __future__ import annotations

import numpy as np
import polars as pl

from simulator import places
from simulator.business_calendar import day_of


def open_accounts(
    rng: np.random.Generator,
    table: pl.DataFrame,
    segment: np.ndarray,
    persons: np.ndarray,
    opened: np.ndarray,
    owner: np.ndarray,
) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
    """One current or business account a customer, savings for a third of the persons, euro accounts for a few.

    ``table`` has a row a party, customers first; the other arrays have shape (customers,). Returns the accounts, those
    of the customers first and in their order, and for each customer the row of its savings and its euro account, or -1.
    """
    customers = len(segment)
    savers = np.flatnonzero(persons & (rng.random(customers) < 0.35))
    euros = np.flatnonzero(
        (persons & (rng.random(customers) < 0.04)) | ((segment == "corporate") & (rng.random(customers) < 0.4))
    )
    savings, euro = np.full(customers, -1, dtype=np.int64), np.full(customers, -1, dtype=np.int64)
    savings[savers] = customers + np.arange(len(savers))
    euro[euros] = customers + len(savers) + np.arange(len(euros))
    holder = np.concatenate([np.arange(customers), savers, euros])
    kinds = ["current" if is_person else "business" for is_person in persons]
    kinds += ["savings"] * len(savers) + ["current" if persons[i] else "business" for i in euros]
    party_ids, party_names = table["party_id"].to_list(), table["name"].to_list()
    last_names = table["last_name"].to_list()
    involved = []
    for position, row in enumerate(holder):
        roles = [{"party_id": party_ids[row], "role": "holder"}]
        partner = row + 1
        if (
            position < customers
            and segment[row] == "retail"
            and row % 2 == 0
            and partner < customers
            and persons[partner]
            and last_names[partner] == last_names[row]
        ):
            # A couple shares its family name and address; its second member shares the first one's account.
            roles.append({"party_id": party_ids[partner], "role": "joint_holder"})
        if owner[row] >= 0:
            roles.append({"party_id": party_ids[owner[row]], "role": "signatory"})
            roles.append({"party_id": party_ids[owner[row]], "role": "beneficial_owner"})
        involved.append(roles)
    opened_days = opened[holder]
    branches = places.draw_branches(rng, table["town"].to_numpy()[holder])
    count = len(holder)
    frame = pl.DataFrame(
        {
            "account_id": [f"A{i:08d}" for i in rng.permutation(count) + 1],
            "account_number": [f"{n}" for n in rng.permutation(count) + 4_400_000_001],
            "account_name": [party_names[row] for row in holder],
            "account_type": kinds,
            "currency": ["USD"] * (customers + len(savers)) + ["EUR"] * len(euros),
            "branch_id": [places.BRANCH_IDS[b] for b in branches],
            "opened_on": pl.Series([day_of(day) for day in opened_days], dtype=pl.Date),
            "purpose": ["Savings" if kind == "savings" else "Payments" for kind in kinds],
            "parties": pl.Series(involved, dtype=pl.List(pl.Struct({"party_id": pl.String, "role": pl.String}))),
            "party_id": [party_ids[row] for row in holder],
            "opened_day": opened_days.astype(np.int64),
            "branch": branches,
            "town": [places.TOWNS[places.BRANCH_TOWN[b]].name for b in branches],
        }
    )
    return frame, savings, euro
