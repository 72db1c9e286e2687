"""One case as the rpt_ tables hold it: made for tests, with every column that a filing reads."""

from __future__ import annotations

import copy
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb

from contracts import contract_for
from reports.casefile import CaseFile
from reports.profile import load, names

CASE = "c0ffee00c0ffee00"
Tables = dict[str, list[dict[str, Any]]]


def _typed(kind: str, columns: str) -> dict[str, str]:
    return dict.fromkeys(columns.split(), kind)


_EVENT = {"_topic": "varchar", "_partition": "integer", "_offset": "bigint"}
_SIDES = ("name", "party_id", "account_id", "agent", "country")
_COLUMNS: dict[str, dict[str, str]] = {
    "rpt_reporting_entity": {
        "rentity_id": "integer",
        "retention_years": "integer",
        **_typed(
            "varchar",
            "rentity_branch name tin fincen_tcc rssd regulator_code address_line address_town address_state "
            "address_postal_code address_country phone "
            "contact_office contact_first_name contact_last_name contact_title contact_phone contact_email "
            "currency_code_local jurisdiction time_zone",
        ),
    },
    "rpt_filing_profile": {
        **_typed("varchar", "jurisdiction time_zone report about profile"),
        **_typed("boolean", "with_movements without_movements"),
        **_typed("date", "first_day last_day"),
    },
    "rpt_str_case": {
        **_typed("varchar", "case_id subject_type subject_id subject_party_id jurisdiction"),
        **_typed("timestamp", "opened_at determination_at approved_at"),
        **_typed("varchar", "disposed_by disposed_by_name approved_by approved_by_name"),
        **_typed("date", "activity_from activity_to"),
        "amount": "decimal(18,4)",
        "base_currency": "varchar",
        "transaction_count": "bigint",
        "scenarios": "varchar[]",
        "decision_reason": "varchar",
        "officer_narrative": "varchar",
        "joint_filers": 'struct("name" varchar, contact varchar)[]',
        "prior_filings": (
            "struct(profile varchar, filing_ref varchar, corrects varchar, regulator_reference varchar, pin bigint)[]"
        ),
    },
    "rpt_str_alert": {
        **_typed("varchar", "case_id alert_id scenario_id scenario_version scenario_name typology"),
        **_typed("timestamp", "window_start window_end detected_at"),
        "amount": "decimal(18,4)",
        "transaction_count": "bigint",
        "struck_transactions": "bigint",
        "reason": "varchar",
        "parameters": "varchar",
    },
    "rpt_str_act": {
        "case_id": "varchar",
        "act_number": "bigint",
        **_typed(
            "varchar",
            "decision_id act officer_id officer_name officer_role assigned_to disposition reason narrative "
            "violated_rule",
        ),
        "decided_at": "timestamp",
        "_topic": "varchar",
        "_partition": "integer",
        "_offset": "bigint",
    },
    "rpt_str_party": {
        "case_id": "varchar",
        "is_subject": "boolean",
        "roles": "varchar[]",
        "is_customer": "boolean",
        **{field.name: field.duckdb_type for field in contract_for("bank.parties").fields},
        "owners": "struct(party_id varchar, control_kind varchar, share_percent decimal(9, 4))[]",
        **_EVENT,
    },
    "rpt_str_account": {
        **_typed("varchar", "case_id account_id account_number account_name account_type currency branch_id"),
        **_typed("date", "opened_on closed_on"),
        "status": "varchar",
        "parties": "struct(party_id varchar, role varchar)[]",
        "balance_at_end": "decimal(18,4)",
        **_EVENT,
    },
    "rpt_str_transaction": {
        **_typed("varchar", "case_id transaction_id end_to_end_id"),
        "booked_at": "timestamp",
        "value_date": "date",
        **_typed("varchar", "direction method channel account_id"),
        "instructed_amount": "decimal(18,4)",
        "instructed_currency": "varchar",
        "settled_amount": "decimal(18,4)",
        "settled_currency": "varchar",
        "base_amount": "decimal(18,4)",
        "base_currency": "varchar",
        **{f"{side}_{part}": "varchar" for side in ("debtor", "creditor") for part in _SIDES},
        **_typed(
            "varchar",
            "conductor_party_id conductor_name branch_id place_town place_country device_id ip_address purpose "
            "remittance_information _topic",
        ),
        "_partition": "integer",
        "_offset": "bigint",
    },
}


def party(party_id: str, **changes: Any) -> dict[str, Any]:
    """A natural person, a customer with everything on file."""
    return {
        **dict.fromkeys(_COLUMNS["rpt_str_party"]),
        "case_id": CASE,
        "is_subject": False,
        "roles": [],
        "is_customer": True,
        "party_id": party_id,
        "party_type": "natural_person",
        "name": "Dana Whitfield",
        "first_name": "Dana",
        "last_name": "Whitfield",
        "gender": "F",
        "birth_date": date(1986, 5, 3),
        "birth_place": "Albany",
        "nationality": "US",
        "residence_country": "US",
        "tax_id": "123-45-6789",
        "tax_id_country": "US",
        "occupation": "Florist",
        "identifications": [
            {"type": "driving_licence", "number": "W 4410 2231", "issued_on": date(2020, 1, 7),
             "expires_on": date(2030, 1, 6), "issuing_country": "US", "issuing_state": "NY"}
        ],
        "addresses": [
            {"type": "residence", "line": "12 Alder Street", "town": "Albany", "state": "NY", "postal_code": "12207",
             "country": "US"}
        ],
        "phones": [{"type": "mobile", "number": "+1 518 555 0142"}],
        "email": "dana.whitfield@example.com",
        "owners": [],
        "segment": "retail",
        "pep": False,
        "expected_monthly_turnover": Decimal("4000.0000"),
        "expected_turnover_currency": "USD",
        "source_of_funds": "Salary",
        "onboarded_on": date(2019, 2, 1),
        "status": "active",
        "updated_at": datetime(2026, 1, 1),
        "_topic": "bank.parties",
        "_partition": 0,
        "_offset": int(re.sub(r"\D", "", party_id) or 0),
        **changes,
    }  # fmt: skip


def transaction(number: int, **changes: Any) -> dict[str, Any]:
    """A cash deposit at a branch, by the holder herself."""
    return {
        **dict.fromkeys(_COLUMNS["rpt_str_transaction"]),
        "case_id": CASE,
        "transaction_id": f"T-{number:04}",
        "end_to_end_id": f"E-{number:04}",
        "booked_at": datetime(2026, 3, 2, 15, 4, 5) + timedelta(hours=7 * number),
        "value_date": date(2026, 3, 2) + timedelta(days=number // 4),
        "direction": "credit",
        "method": "cash",
        "channel": "branch",
        "account_id": "A-1",
        "instructed_amount": Decimal("9400.0000"),
        "instructed_currency": "USD",
        "settled_amount": Decimal("9400.0000"),
        "settled_currency": "USD",
        "base_amount": Decimal("9400.0000"),
        "base_currency": "USD",
        "creditor_name": "Dana Whitfield",
        "creditor_party_id": "P-1",
        "creditor_account_id": "A-1",
        "conductor_party_id": "P-1",
        "conductor_name": "Dana Whitfield",
        "branch_id": f"B-{number % 3 + 1:02}",
        "place_town": ("Albany", "Troy", "Utica")[number % 3],
        "place_country": "US",
        "_topic": "bank.transactions",
        "_partition": number % 4,
        "_offset": 1000 + number,
        **changes,
    }


def transfer_out(number: int, **changes: Any) -> dict[str, Any]:
    """A transfer abroad, in another currency than the account's."""
    return transaction(
        number,
        **{
            "direction": "debit",
            "method": "credit_transfer",
            "channel": "online",
            "instructed_amount": Decimal("8000.0000"),
            "instructed_currency": "EUR",
            "settled_amount": Decimal("8720.0000"),
            "base_amount": Decimal("8720.0000"),
            "debtor_name": "Dana Whitfield",
            "debtor_party_id": "P-1",
            "debtor_account_id": "A-1",
            "creditor_name": "Meridian Trade GmbH",
            "creditor_party_id": None,
            "creditor_account_id": "DE02120300000000202051",
            "creditor_agent": "BYLADEM1001",
            "creditor_country": "DE",
            "conductor_party_id": None,
            "conductor_name": None,
            "branch_id": None,
            "place_town": None,
            "place_country": None,
            "remittance_information": "Invoice 77",
            "device_id": "D-1",
            "ip_address": "203.0.113.7",
            **changes,
        },
    )


def company(party_id: str, **changes: Any) -> dict[str, Any]:
    """A company that is a customer."""
    return party(
        party_id,
        **{
            "party_type": "legal_entity",
            "name": "Harbor Blooms LLC",
            "first_name": None,
            "last_name": None,
            "gender": None,
            "birth_date": None,
            "tax_id": "98-7654321",
            "occupation": None,
            "legal_form": "Limited liability company",
            "incorporation_number": "NY-5512345",
            "incorporation_date": date(2015, 6, 1),
            "incorporation_country": "US",
            "industry_code": "453110",
            "identifications": [],
            **changes,
        },
    )


def act(number: int, what: str, officer: str, at: datetime, **changes: Any) -> dict[str, Any]:
    """An officer's act; officers are ``O-1``, the investigator, and ``O-2``, who approves."""
    name, role = {"O-1": ("Ines Berg", "investigator"), "O-2": ("Tom Hale", "mlro")}[officer]
    return {
        **dict.fromkeys(_COLUMNS["rpt_str_act"]),
        "case_id": CASE,
        "act_number": number,
        "decision_id": f"D-{number}",
        "act": what,
        "officer_id": officer,
        "officer_name": name,
        "officer_role": role,
        "decided_at": at,
        "_topic": "compliance.decisions",
        "_partition": 0,
        "_offset": 40 + number,
        **changes,
    }


def tables() -> Tables:
    """Fresh rows of all tables: deposits in cash by two hands at three branches, then transfers abroad."""
    hand = party(
        "P-2", is_customer=False, roles=["conductor"], name="Łukasz Żak", first_name="Łukasz", last_name="Żak",
        gender="M", tax_id=None, tax_id_country=None, segment="outsider", email=None, nationality="PL",
    )  # fmt: skip
    movements = [transaction(number) for number in range(1, 7)]
    for row in movements[3:]:
        row |= {"conductor_party_id": "P-2", "conductor_name": "Łukasz Żak"}
    movements += [
        transfer_out(7),
        transfer_out(8, instructed_amount=Decimal("7321.1000"), base_amount=Decimal("7980.0001")),
    ]
    return copy.deepcopy(
        {
            "rpt_filing_profile": [
                {
                    "jurisdiction": "US", "time_zone": "America/New_York", "report": load(name).report,
                    "about": load(name).about, "profile": name, "with_movements": True, "without_movements": True,
                    "first_day": date(2000, 1, 1), "last_day": date(9999, 12, 31),
                }
                for name in names()
            ],
            "rpt_reporting_entity": [
                {
                    "rentity_id": 4711, "retention_years": 5,
                    "rentity_branch": "Head office", "name": "Vigil Demonstration Bank",
                    "tin": "11-1234567", "fincen_tcc": "PBSA8180", "rssd": "9912345", "regulator_code": "OCC",
                    "address_line": "1 Example Plaza", "address_town": "New York", "address_state": "NY",
                    "address_postal_code": "10004", "address_country": "US", "phone": "+1 212 555 0100",
                    "contact_office": "Financial crime compliance",
                    "contact_first_name": "Robin", "contact_last_name": "Vale", "contact_title": "MLRO",
                    "contact_phone": "+1 212 555 0101", "contact_email": "compliance@example.com",
                    "currency_code_local": "USD", "jurisdiction": "US", "time_zone": "America/New_York",
                }
            ],
            "rpt_str_case": [
                {
                    "case_id": CASE, "subject_type": "party", "subject_id": "P-1", "subject_party_id": "P-1",
                    "jurisdiction": "US", "opened_at": datetime(2026, 3, 3, 9),
                    "determination_at": datetime(2026, 3, 10, 9),
                    "disposed_by": "O-1", "disposed_by_name": "Ines Berg", "approved_by": "O-2",
                    "approved_by_name": "Tom Hale", "approved_at": datetime(2026, 3, 12, 16, 30),
                    "activity_from": date(2026, 3, 2), "activity_to": date(2026, 3, 5),
                    "amount": sum((row["base_amount"] for row in movements), Decimal(0)), "base_currency": "USD",
                    "transaction_count": len(movements), "scenarios": ["structuring"],
                    "decision_reason": "Deposits kept below the reporting threshold by two hands",
                    "officer_narrative": None, "joint_filers": [],
                    "prior_filings": [],
                }
            ],
            "rpt_str_alert": [
                {
                    "case_id": CASE, "alert_id": "al-1", "scenario_id": "structuring", "scenario_version": "1",
                    "scenario_name": "Structuring of cash", "typology": "Cash kept below the reporting threshold",
                    "window_start": datetime(2026, 3, 2, 15), "window_end": datetime(2026, 3, 4, 9),
                    "detected_at": datetime(2026, 3, 3, 2, 4, 5), "amount": Decimal("56400.0000"),
                    "transaction_count": 6, "struck_transactions": 0,
                    "reason": "6 cash deposits of 56,400.00 USD in 5 days (at least 3), none above 10,000.00 USD",
                    "parameters": '{"minimum_deposits": 3, "threshold": "10000.00"}',
                }
            ],
            "rpt_str_act": [
                act(1, "opened", "O-1", datetime(2026, 3, 9, 14)),
                act(
                    2, "disposed", "O-1", datetime(2026, 3, 10, 9), disposition="report",
                    reason="Deposits kept below the reporting threshold by two hands",
                ),
                act(
                    3, "approved", "O-1", datetime(2026, 3, 10, 9, 30), violated_rule="four_eyes",
                    reason="Seen by myself",
                ),
                act(4, "approved", "O-2", datetime(2026, 3, 12, 16, 30), reason="Agreed"),
            ],
            "rpt_str_party": [party("P-1", is_subject=True, roles=["subject", "holder"]), hand],
            "rpt_str_account": [
                {
                    "case_id": CASE, "account_id": "A-1", "account_number": "4400121207",
                    "account_name": "Dana Whitfield",
                    "account_type": "current", "currency": "USD", "branch_id": "B-01", "opened_on": date(2019, 2, 1),
                    "closed_on": None, "status": "active", "parties": [{"party_id": "P-1", "role": "holder"}],
                    "balance_at_end": Decimal("41210.5000"),
                    "_topic": "bank.accounts", "_partition": 0, "_offset": 1,
                }
            ],
            "rpt_str_transaction": movements,
        }
    )  # fmt: skip


def casefile(rows: Tables, pin: int = 7, **more: Any) -> CaseFile:
    """The case file of ``rows`` without a lake; ``more`` holds its other fields."""

    def named(table: str, noun: str, key: str) -> list[dict[str, Any]]:
        return [{**row, "_label": f"{noun} {row[key]}"} for row in rows[table]]

    return CaseFile(
        pin=pin,
        entity={**rows["rpt_reporting_entity"][0], "_label": "reporting entity"},
        case=named("rpt_str_case", "case", "case_id")[0],
        alerts=tuple(named("rpt_str_alert", "alert", "alert_id")),
        acts=tuple(named("rpt_str_act", "act", "decision_id")),
        parties={row["party_id"]: row for row in named("rpt_str_party", "party", "party_id")},
        accounts={row["account_id"]: row for row in named("rpt_str_account", "account", "account_id")},
        transactions=tuple(named("rpt_str_transaction", "transaction", "transaction_id")),
        **more,
    )


def store(connection: duckdb.DuckDBPyConnection, rows: Tables) -> None:
    """Make the rpt_ tables in the attached lake, with ``rows`` and nothing else in them."""
    connection.execute("create schema if not exists lake.rpt")
    for table, columns in _COLUMNS.items():
        listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        connection.execute(f"create or replace table lake.rpt.{table} ({listed})")
        for row in rows[table]:
            connection.execute(
                f"insert into lake.rpt.{table} values ({', '.join('?' for _ in columns)})",
                [row[name] for name in columns],
            )
