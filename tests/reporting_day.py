"""One business day's cash as the rpt_ctr tables hold it: made for tests, with every column that a filing reads."""

from __future__ import annotations

import copy
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
from reporting_case import Tables, company, party, tables

from contracts import contract_for
from reports.dayfile import CashReport, DayFile

DAY = date(2026, 3, 4)
FILED_ON = date(2026, 3, 12)
PARTY = [
    "party_type",
    "name",
    "first_name",
    "last_name",
    "gender",
    "birth_date",
    "tax_id",
    "tax_id_country",
    "occupation",
    "industry_code",
    "identifications",
    "addresses",
    "phones",
    "email",
]
WHOLE = [
    *PARTY, "birth_place", "nationality", "residence_country", "legal_form", "incorporation_number",
    "incorporation_date", "incorporation_country", "pep", "source_of_funds", "onboarded_on",
]  # fmt: skip
DAY_COLUMNS: dict[str, dict[str, str]] = {
    "rpt_ctr_day": {
        "business_day": "date", "jurisdiction": "varchar", "report_count": "bigint", "transaction_count": "bigint",
        "is_complete": "boolean", "ends_at": "timestamp", "known_until": "timestamp",
    },
    "rpt_ctr": {
        "report_id": "varchar", "business_day": "date", "jurisdiction": "varchar", "base_currency": "varchar",
        "cash_in": "decimal(18,4)", "cash_out": "decimal(18,4)", "transaction_count": "bigint",
        "is_aggregated": "boolean", "has_atm": "boolean",
    },
    "rpt_ctr_person": {
        "report_id": "varchar", "person_number": "integer", "role": "varchar", "party_id": "varchar",
        "cash_in": "decimal(18,4)", "cash_out": "decimal(18,4)", "transaction_count": "bigint",
        "accounts_in": "varchar[]", "accounts_out": "varchar[]",
        **{field.name: field.duckdb_type for field in contract_for("bank.parties").fields if field.name in PARTY},
    },
    "rpt_ctr_filing": {
        "business_day": "date", "filing_ref": "varchar", "profile": "varchar", "corrects": "varchar",
        "regulator_reference": "varchar", "pin": "bigint",
    },
    "rpt_ctr_account": {
        "business_day": "date", "account_id": "varchar", "account_number": "varchar", "account_name": "varchar",
        "account_type": "varchar", "currency": "varchar", "branch_id": "varchar", "opened_on": "date",
        "closed_on": "date", "status": "varchar", "parties": "struct(party_id varchar, role varchar)[]",
    },
    "rpt_ctr_party": {
        "business_day": "date", "party_id": "varchar", "is_customer": "boolean",
        **{field.name: field.duckdb_type for field in contract_for("bank.parties").fields if field.name in WHOLE},
    },
    "rpt_ctr_transaction": {
        "report_id": "varchar", "business_day": "date", "transaction_id": "varchar", "end_to_end_id": "varchar",
        "booked_at": "timestamp", "value_date": "date", "direction": "varchar", "method": "varchar",
        "channel": "varchar", "account_id": "varchar", "account_number": "varchar",
        "instructed_amount": "decimal(18,4)", "instructed_currency": "varchar", "settled_amount": "decimal(18,4)",
        "settled_currency": "varchar", "base_amount": "decimal(18,4)", "base_currency": "varchar",
        "holder_party_ids": "varchar[]", "debtor_name": "varchar", "debtor_party_id": "varchar",
        "creditor_name": "varchar", "creditor_party_id": "varchar", "conductor_party_id": "varchar",
        "conductor_name": "varchar", "branch_id": "varchar", "place_town": "varchar", "place_country": "varchar",
        "purpose": "varchar", "remittance_information": "varchar", "is_reported_alone": "boolean",
        "_topic": "varchar", "_partition": "integer", "_offset": "bigint",
    },
}  # fmt: skip


def known(party_id: str, *, firm: bool = False, **changes: Any) -> dict[str, Any]:
    """A party of the day's accounts as the bank knows it."""
    row = {**(company(party_id) if firm else party(party_id)), **changes}
    return {"business_day": DAY, **{column: row[column] for column in ("party_id", "is_customer", *WHOLE)}}


def account(account_id: str, number: str, **links: str) -> dict[str, Any]:
    """An account and who stands to it in which role, by party_id with ``_`` for ``-``."""
    return {
        "business_day": DAY, "account_id": account_id, "account_number": number, "account_name": "Cash account",
        "account_type": "current", "currency": "USD", "branch_id": "B-01", "opened_on": date(2019, 2, 1),
        "closed_on": None, "status": "active",
        "parties": [{"party_id": key.replace("_", "-"), "role": role} for key, role in links.items()],
    }  # fmt: skip


def person(number: int, role: str, party_id: str | None, report_id: str = "r-1", /, **changes: Any) -> dict[str, Any]:
    """Somebody involved in a report, with everything on file."""
    known = party(party_id or "")
    return {
        "report_id": report_id, "person_number": number, "role": role, "party_id": party_id,
        "cash_in": Decimal(0), "cash_out": Decimal(0), "transaction_count": 1, "accounts_in": [], "accounts_out": [],
        **{column: known[column] for column in PARTY},
        **changes,
    }  # fmt: skip


def moved(number: int, amount: str, report_id: str = "r-1", **changes: Any) -> dict[str, Any]:
    """A cash deposit at a branch."""
    return {
        "report_id": report_id, "business_day": DAY, "transaction_id": f"D-{number:04}",
        "end_to_end_id": None, "booked_at": datetime(2026, 3, 4, 15, number % 60), "value_date": None,
        "direction": "credit", "method": "cash", "channel": "branch",
        "account_id": "A-1", "account_number": "4400121207", "instructed_amount": Decimal(amount),
        "instructed_currency": "USD", "settled_amount": Decimal(amount), "settled_currency": "USD",
        "base_amount": Decimal(amount), "base_currency": "USD", "holder_party_ids": ["P-1", "P-3"],
        "debtor_name": None, "debtor_party_id": None, "creditor_name": None, "creditor_party_id": None,
        "purpose": None, "remittance_information": None,
        "conductor_party_id": "P-1", "conductor_name": "Dana Whitfield", "branch_id": "B-01", "place_town": "Albany",
        "place_country": "US", "is_reported_alone": False, "_topic": "bank.transactions", "_partition": number % 4,
        "_offset": 5000 + number, **changes,
    }  # fmt: skip


def report(report_id: str, cash_in: str, cash_out: str, count: int, **changes: Any) -> dict[str, Any]:
    return {
        "report_id": report_id, "business_day": DAY, "jurisdiction": "US", "base_currency": "USD",
        "cash_in": Decimal(cash_in), "cash_out": Decimal(cash_out), "transaction_count": count,
        "is_aggregated": False, "has_atm": False, **changes,
    }  # fmt: skip


def day_tables() -> Tables:
    """Fresh rows of a day with two reports: a joint account paid into by two hands, one of them with euros and one
    unknown to the bank; and a company whose takings a carrier brings, with a withdrawal by another hand."""
    firm: dict[str, Any] = {
        "party_type": "legal_entity", "name": "Harbor Blooms LLC", "first_name": None, "last_name": None,
        "gender": None, "birth_date": None, "tax_id": "98-7654321", "occupation": None, "industry_code": "453110",
        "identifications": [],
    }  # fmt: skip
    nobody: dict[str, Any] = dict.fromkeys(PARTY)
    rows = {
        "rpt_reporting_entity": tables()["rpt_reporting_entity"],
        "rpt_ctr_day": [
            {"business_day": DAY, "jurisdiction": "US", "report_count": 2, "transaction_count": 5, "is_complete": True,
             "ends_at": datetime(2026, 3, 5, 5), "known_until": datetime(2026, 3, 6, 12)},
        ],
        "rpt_ctr": [report("r-1", "14500.5000", "0", 3), report("r-2", "25000", "10500.25", 2)],
        "rpt_ctr_person": [
            person(1, "own_behalf", "P-1", cash_in=Decimal("14500.5"), transaction_count=3, accounts_in=["4400121207"]),
            person(2, "on_behalf", "P-3", cash_in=Decimal("14500.5"), transaction_count=3, accounts_in=["4400121207"],
                   first_name="José", last_name="Alvarez", gender=None, birth_date=None, tax_id=None, addresses=[]),
            person(3, "for_another", None, cash_in=Decimal("3000.5"), accounts_in=["4400121207"],
                   **{**nobody, "name": "Ann Lee Pratt"}),
            person(1, "on_behalf", "P-9", "r-2", cash_in=Decimal(25000), cash_out=Decimal("10500.25"),
                   transaction_count=2, accounts_in=["77001"], accounts_out=["77002"], **firm),
            person(2, "carrier", "P-8", "r-2", cash_in=Decimal(25000), accounts_in=["77001"],
                   **{**firm, "name": "Northway Cash Logistics Inc"}),
            person(3, "for_another", "P-2", "r-2", cash_out=Decimal("10500.25"), accounts_out=["77002"],
                   first_name="Łukasz", last_name="Żak", gender="M", tax_id=None),
        ],
        "rpt_ctr_account": [
            account("A-1", "4400121207", P_1="holder", P_3="joint_holder"),
            account("A-9", "77001", P_9="holder", P_2="signatory"),
            account("A-10", "77002", P_9="holder", P_2="signatory"),
        ],
        "rpt_ctr_party": [
            known("P-1"),
            known("P-2", first_name="Łukasz", last_name="Żak", name="Łukasz Żak", gender="M"),
            known("P-3", first_name="José", last_name="Alvarez", name="José Alvarez", gender=None),
            known("P-8", firm=True, name="Northway Cash Logistics Inc", is_customer=False),
            known("P-9", firm=True),
        ],
        "rpt_ctr_transaction": [
            moved(1, "6500"),
            moved(2, "5000", instructed_amount=Decimal("4600"), instructed_currency="EUR"),
            moved(3, "3000.5", conductor_party_id=None, conductor_name="Ann Lee Pratt"),
            moved(4, "25000", "r-2", account_id="A-9", account_number="77001", holder_party_ids=["P-9"],
                  conductor_party_id="P-8", conductor_name="Northway Cash Logistics Inc", is_reported_alone=True),
            moved(5, "10500.25", "r-2", direction="debit", account_id="A-10", account_number="77002",
                  holder_party_ids=["P-9"], conductor_party_id="P-2", conductor_name="Łukasz Żak",
                  is_reported_alone=True),
        ],
    }  # fmt: skip
    return copy.deepcopy(rows)


def dayfile(rows: Tables, pin: int = 7) -> DayFile:
    """The day file of ``rows`` without a lake."""

    def of(table: str, report_id: str, key: str) -> tuple[dict[str, Any], ...]:
        return tuple(
            {**row, "_label": f"{key.partition('_')[0]} {row[key]}"}
            for row in rows[table]
            if row["report_id"] == report_id
        )

    return DayFile(
        pin=pin,
        entity={**rows["rpt_reporting_entity"][0], "_label": "reporting entity"},
        business_day=rows["rpt_ctr_day"][0]["business_day"],
        filed_on=FILED_ON,
        reports=tuple(
            CashReport(
                {**row, "_label": f"report {row['report_id']}"},
                of("rpt_ctr_person", row["report_id"], "party_id"),
                of("rpt_ctr_transaction", row["report_id"], "transaction_id"),
            )
            for row in rows["rpt_ctr"]
        ),
        parties={
            row["party_id"]: {**row, "_label": f"party {row['party_id']}"} for row in rows.get("rpt_ctr_party", [])
        },
        accounts={
            row["account_id"]: {**row, "_label": f"account {row['account_id']}"}
            for row in rows.get("rpt_ctr_account", [])
        },
    )


def store_day(connection: duckdb.DuckDBPyConnection, rows: Tables) -> None:
    """Make the rpt_ctr tables in the attached lake, with ``rows`` and nothing else in them."""
    for table, columns in DAY_COLUMNS.items():
        listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        connection.execute(f"create or replace table lake.rpt.{table} ({listed})")
        for row in rows.get(table, []):
            connection.execute(
                f"insert into lake.rpt.{table} values ({', '.join('?' for _ in columns)})",
                [row[name] for name in columns],
            )
