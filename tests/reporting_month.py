"""The rpt_ tables that reports for people read, made for tests with the columns that their contracts tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from reporting_case import store
from reporting_case import tables as case_tables

from lakehouse.attach import connect
from lakehouse.schema import prepare
from lakehouse.settings import Settings
from lakehouse.snapshots import latest, record_build

MODELS = Path(__file__).parent.parent / "dbt_project" / "models" / "rpt"
Tables = dict[str, list[dict[str, Any]]]
Lake = tuple[duckdb.DuckDBPyConnection, Settings]


@cache
def columns() -> dict[str, dict[str, str]]:
    """Types by column by model."""
    models = [
        model
        for name in ("_mlro__models.yml", "_registers__models.yml")
        for model in yaml.safe_load((MODELS / name).read_text(encoding="utf-8"))["models"]
    ]
    return {model["name"]: {column["name"]: column["data_type"] for column in model["columns"]} for model in models}


def row(model: str, **values: Any) -> dict[str, Any]:
    """A row of ``model``; what is not given is null."""
    assert set(values) <= set(columns()[model]), set(values) - set(columns()[model])
    return {**dict.fromkeys(columns()[model]), **values}


def alerts(month: date, scenario: str, segment: str, number: int, **more: int) -> dict[str, Any]:
    """So many alerts of a month, all in cases."""
    counted = {
        "suppressed": 0,
        "in_cases": number,
        "decided": 0,
        "reported": 0,
        "not_reported": 0,
        "generated": 0,
        "filed": 0,
    }
    return row(
        "rpt_mlro_alert", month=month, scenario_id=scenario.lower().replace("-", "_"), scenario_name=scenario,
        segment=segment, jurisdiction="US", base_currency="USD", alerts=number, amount=Decimal(1000) * number,
        **(counted | more),
    )  # fmt: skip


def case(case_id: str, opened: date, **more: Any) -> dict[str, Any]:
    """An open case of a retail customer."""
    told = {
        "subject_type": "party", "subject_id": "P-1", "subject_party_id": "P-1", "subject_name": "Dana Whitfield",
        "segment": "retail", "country": "US", "risk_rating": "low", "jurisdiction": "US", "status": "open",
        "priority": "normal", "scenarios": ["fan_in"], "filing_refs": [], "amount": Decimal("1200.5"),
        "base_currency": "USD", "transaction_count": 3, "alerts": 1,
    }  # fmt: skip
    return row("rpt_mlro_case", case_id=case_id, opened_on=opened, **(told | more))


def decided(case_id: str, opened: date, on: date, disposition: str, **more: Any) -> dict[str, Any]:
    """A case that was decided and approved."""
    return case(
        case_id, opened, status="approved", disposition=disposition, decided_on=on, disposed_by="O-1",
        approved_by="O-2", decision_reason="As seen", **more,
    )  # fmt: skip


def customer(party_id: str, due: date | None, **more: Any) -> dict[str, Any]:
    """A retail customer since 2020."""
    told = {
        "party_type": "natural_person", "name": "Dana Whitfield", "segment": "retail", "risk_rating": "low",
        "missing": [], "risk_score": 0, "completeness": Decimal(1), "onboarded_on": date(2020, 1, 1),
    }  # fmt: skip
    return row("rpt_mlro_customer", party_id=party_id, review_due=due, **(told | more))


def deadline(deadline_id: str, due: date, state: str, **more: Any) -> dict[str, Any]:
    """A deadline of a case's SAR."""
    told = {"report": "SAR", "kind": "filing", "case_id": "c-1", "started_on": date(2025, 2, 20), "source": "law"}
    return row("rpt_mlro_deadline", deadline_id=deadline_id, due_day=due, state=state, **(told | more))


def cash(ctr_id: str, business_day: date, amount: str, name: str = "Dana Whitfield") -> Tables:
    """A report of cash and its one movement."""
    return {
        "rpt_ctr_register": [
            row(
                "rpt_ctr_register", ctr_id=ctr_id, party_id="P-1", name=name, party_type="natural_person",
                direction="in", jurisdiction="US", base_currency="USD", account_numbers=["4400121207"],
                conductor_names=[name], branch_ids=["B-01"], cash_amount=Decimal(amount),
                exempted_amount=Decimal(0), exemption_ids=[], reporting_threshold=Decimal(10000), transaction_count=1,
                first_business_day=business_day, business_day=business_day,
            )
        ],
        "rpt_ctr_movement": [
            row(
                "rpt_ctr_movement", ctr_id=ctr_id, transaction_id=f"T-{ctr_id}", party_id="P-1", person_role="holder",
                account_id="A-1", account_number="4400121207", direction="credit", conductor_name=name,
                branch_id="B-01", instructed_currency="USD", base_currency="USD", instructed_amount=Decimal(amount),
                base_amount=Decimal(amount), booked_at=datetime(2025, 3, 3, 10, 0, 1), business_day=business_day,
                _topic="bank.transactions", _partition=0, _offset=7,
            )
        ],
    }  # fmt: skip


def build(connection: duckdb.DuckDBPyConnection, rows: Tables, today: date = date(2025, 4, 2)) -> int:
    """Make the tables as a build of ``today`` that ended well; returns the snapshot at which they stand."""
    store(connection, case_tables())
    rows = {"rpt_as_of_day": [row("rpt_as_of_day", jurisdiction="US", day=today)], **rows}
    for model, types in columns().items():
        listed = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
        connection.execute(f"create or replace table lake.rpt.{model} ({listed})")
        for each in rows.get(model, []):
            connection.execute(
                f"insert into lake.rpt.{model} values ({', '.join('?' for _ in types)})", [each[name] for name in types]
            )
    pin = latest(connection)
    record_build(connection, pin, datetime(2025, 4, 2))
    return pin


@pytest.fixture
def lake(new_catalog: Any, tmp_path: Path) -> Iterator[Lake]:
    """An empty lake of this test's own, and settings whose reports are in a folder of its own."""
    catalog, data_path = new_catalog()
    settings = Settings(home=tmp_path, catalog=catalog, data_path=str(data_path))
    with connect(settings) as connection:
        prepare(connection, [])
        yield connection, settings
