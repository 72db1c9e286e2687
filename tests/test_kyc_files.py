"""What a customer's file lacks, when its review is due, and what `vigil kyc` shows of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import marts_lake
import orjson
import pytest
from landed_bank import Bank, at
from marts_lake import BuiltLake, MakeLake
from typer.testing import CliRunner

from cli.main import app

make_lake = marts_lake.make_lake

WHOLE: dict[str, Any] = {
    "birth_date": date(1980, 2, 3),
    "nationality": "US",
    "residence_country": "US",
    "tax_id": "900000001",
    "occupation": "Baker",
    "source_of_funds": "Salary",
    "purpose_of_relationship": "Household payments",
    "verified_on": date(2024, 1, 2),
    "addresses": [{"line": "1 Example Street", "country": "US"}],
    "phones": [{"number": "+15555550100"}],
    "identifications": [{"type": "passport", "number": "X1", "expires_on": date(2030, 1, 1)}],
}


@pytest.fixture(scope="module")
def built(make_lake: MakeLake) -> BuiltLake:
    lake = make_lake()
    bank = Bank()
    bank.person("P-whole", reviewed_on=date(2025, 6, 1), **WHOLE)
    expired = [{"type": "passport", "number": "X2", "expires_on": date(2025, 12, 31)}]
    bank.person("P-expired", **WHOLE | {"identifications": expired, "verified_on": None})
    bank.person("P-exposed", pep=True, reviewed_on=date(2024, 1, 5), **WHOLE | {"residence_country": "MM"})
    bank.person("P-firm", "corporate", party_type="legal_entity")
    bank.person("P-twin", merged_into="P-whole", status="closed")
    for number, holder in enumerate(("P-expired", "P-exposed", "P-firm", "P-twin")):
        bank.account(f"A-{number}", holder)
    # Learned two weeks later: it had another country since the day after the first.
    bank.send("bank.parties", at(14), **_state("P-whole", residence_country="CA", updated_at=at(1)))
    lake.land(bank.events)
    models = (
        "+parties",
        "+file_fields",
        "+ownership_findings",
        "+party_history",
        "+account_history",
        "+ownership_history",
    )
    lake.dbt(lake.newest(), "build", "--select", *models, "--exclude-resource-types", "test", "unit_test")
    return lake


def _state(party_id: str, **changes: Any) -> dict[str, Any]:
    told = {"party_id": party_id, "party_type": "natural_person", "name": f"Name of {party_id}", "segment": "retail"}
    more = {"expected_monthly_turnover": Decimal(4000), "reviewed_on": date(2025, 6, 1), "status": "active"}
    return told | more | WHOLE | changes


@pytest.fixture
def shown(built: BuiltLake, kafka: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    assert built.settings.catalog
    monkeypatch.setenv("VIGIL_HOME", str(built.settings.home))
    monkeypatch.setenv("VIGIL_DATA_PATH", built.settings.lake_data_path)
    monkeypatch.setenv("VIGIL_CATALOG", built.settings.catalog)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka)

    def run(*arguments: str) -> Any:
        result = CliRunner().invoke(app, ["kyc", *arguments, "--json"])
        if result.exception:
            raise result.exception
        return orjson.loads(result.stdout)

    return run


def test_what_is_missing_is_a_row_a_field_with_its_source(built: BuiltLake) -> None:
    lacking = dict(
        built.rows(
            "select party_id, list(field order by field) from lake.kyc.file_fields where not is_there group by all"
        )
    )
    assert lacking.keys() == {"P-expired", "P-firm"}
    assert lacking["P-expired"] == ["valid_document", "verification"]
    assert "beneficial_owner" in lacking["P-firm"]
    assert built.rows("select count(*) from lake.kyc.file_fields where source is null") == [(0,)]


def test_a_merged_partys_account_makes_the_survivor_a_customer(built: BuiltLake) -> None:
    assert built.rows(
        "select party_id, completeness from lake.kyc.parties where party_id in ('P-twin', 'P-whole')"
    ) == [("P-whole", 1)]


def test_reviews_are_due_by_rating_and_listed_when_overdue(built: BuiltLake, shown: Any) -> None:
    due = dict(built.rows("select party_id, (risk_rating, review_due) from lake.kyc.parties where is_customer"))
    assert due["P-whole"] == ("low", date(2030, 6, 1))
    assert due["P-exposed"] == ("high", date(2025, 1, 5))
    assert [each["party_id"] for each in shown("reviews")] == ["P-exposed"]
    assert len(shown("reviews", "--all")) == 4
    assert [each["party_id"] for each in shown("list", "--rating", "high")] == ["P-exposed"]


def test_a_party_is_shown_as_it_is_and_as_it_was_known(shown: Any) -> None:
    now = shown("show", "P-whole")
    assert (now["residence_country"], now["rating"][0]["risk_rating"], now["missing"]) == ("CA", "low", [])
    then = shown("show", "P-whole", "--as-of", "2026-01-08", "--known", "2026-01-08")
    assert then["residence_country"] == "US"
    assert shown("show", "P-whole", "--as-of", "2026-01-08")["residence_country"] == "CA"
    assert [each["account_id"] for each in shown("show", "P-firm")["accounts"]] == ["A-2"]
    with pytest.raises(Exception, match="P-nobody"):
        shown("show", "P-nobody")
