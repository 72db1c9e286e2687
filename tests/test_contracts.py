"""Contracts: what is wrong in one is named, and the data dictionary is written from them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

import contracts
from contracts import Contract, ContractError
from contracts.dictionary import markdown
from contracts.wire import encode

DOCS = Path(__file__).parent.parent / "docs"


def raw(**changes: Any) -> dict[str, Any]:
    valid: dict[str, Any] = {
        "topic": "bank.things",
        "key": "id",
        "event_time": "at",
        "tombstone": "reject",
        "description": "A thing.",
        "fields": [
            {"name": "id", "type": "string", "required": True, "description": "Identifier."},
            {"name": "at", "type": "timestamp", "required": True, "description": "When."},
            {"name": "amount", "type": "decimal(18,4)", "description": "How much."},
        ],
    }
    return valid | changes


def test_every_topic_of_the_design_has_a_contract() -> None:
    assert set(contracts.load()) == {
        "bank.accounts",
        "bank.ownership",
        "bank.parties",
        "bank.transactions",
        "compliance.decisions",
        "compliance.exemptions",
        "compliance.filings",
        "reference.fx-rates",
        "reference.watchlists",
    }


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"key": "nothing"}, "key names 'nothing'"),
        ({"tombstone": "maybe"}, "tombstone"),
        ({"fields": [{"name": "id", "type": "text", "description": "x"}]}, "unknown type 'text'"),
        ({"fields": [{"name": "id", "type": "list", "description": "x"}]}, "needs 'fields'"),
        ({"fields": [{"name": "_offset", "type": "string", "description": "x"}], "key": "_offset"}, "_offset"),
        ({"fields": raw()["fields"] * 2}, "named twice: amount, at, id"),
    ],
)
def test_a_wrong_contract_is_refused_and_the_fault_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ContractError, match=r"things\.yml") as error:
        Contract.parse(raw(**changes), "things.yml")
    assert named in str(error.value)


def test_two_contracts_for_one_landing_table_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yml").write_bytes(orjson.dumps(raw(topic="bank.things" if name == "a" else "bank-things")))
    with pytest.raises(ContractError, match="bank_things"):
        contracts.load(tmp_path)


def test_encoding_writes_decimals_as_strings_and_times_in_utc() -> None:
    contract = Contract.parse(raw(), "things.yml")
    event = {"id": "7", "at": datetime(2026, 1, 31, 13, 45, tzinfo=UTC), "amount": Decimal("1250.00")}
    key, value = encode(contract, event)
    assert key == b"7"
    assert orjson.loads(value) == {"id": "7", "at": "2026-01-31T13:45:00.000000Z", "amount": "1250.00"}


def test_encoding_names_every_fault_at_once() -> None:
    with pytest.raises(ContractError, match=r"unknown field 'colour'; id is required; at is required"):
        encode(Contract.parse(raw(), "things.yml"), {"colour": "red"})


def test_the_data_dictionary_is_that_of_the_contracts() -> None:
    assert (DOCS / "contracts.md").read_text(encoding="utf-8") == markdown(contracts.load().values()), (
        "docs/contracts.md is not current: run python -m contracts.dictionary > docs/contracts.md"
    )


def test_a_file_that_is_no_yaml_is_named_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "things.yml").write_text("topic: things\nfields: [\n")
    with pytest.raises(ContractError, match=r"things\.yml, line 3: not YAML"):
        contracts.load(tmp_path)


def test_a_fault_in_a_field_names_the_field(tmp_path: Path) -> None:
    fields = [{"name": "size", "type": "string", "description": "x", "minimum": "a"}]
    (tmp_path / "things.yml").write_bytes(orjson.dumps(raw(fields=fields)))
    with pytest.raises(ContractError, match=r"things\.yml: fields\.size\.minimum: "):
        contracts.load(tmp_path)


def test_an_unknown_topic_is_told_with_the_nearest() -> None:
    with pytest.raises(ContractError, match=r"'bank\.partie' has no contract, is bank\.parties meant\?"):
        contracts.contract_for("bank.partie")
