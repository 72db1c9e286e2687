"""A filing that must not be is refused with everything that is wrong, and nothing of it reaches the outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import reporting_lake as lakes
from reporting_case import CASE, Tables, tables
from reporting_lake import Lake, build, reporting_lake

from lakehouse.errors import SnapshotGone
from reports import generate, list_filings, preview, profiles
from reports.errors import CaseNotReportable, ReportError, RulesBroken, SchemaRejected, UnknownProfile

stored, lake = lakes.stored, lakes.lake


@pytest.fixture(scope="module")
def scratch(new_catalog: Callable[[], tuple[str, Path]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """A lake whose rpt_ tables each test makes anew."""
    with reporting_lake(new_catalog(), tmp_path_factory.mktemp("scratch"), tables()) as lake:
        yield lake


def stored_as(scratch: Lake, rows: Tables, home: Path) -> Lake:
    build(scratch[0], rows)
    return scratch[0], scratch[1].model_copy(update={"home": home})


@pytest.mark.parametrize("profile", profiles("case"))
def test_who_prepared_may_not_approve(scratch: Lake, tmp_path: Path, profile: str) -> None:
    rows = tables()
    rows["rpt_str_case"][0]["approved_by"] = rows["rpt_str_case"][0]["disposed_by"]
    connection, settings = stored_as(scratch, rows, tmp_path)
    with pytest.raises(RulesBroken, match="approved by another officer") as refused:
        generate(connection, settings, CASE, profile)
    assert [violation.rule[3:] for violation in refused.value.violations] == ["001"]
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("profile", profiles("case"))
def test_all_that_is_missing_is_named_in_one_error(scratch: Lake, tmp_path: Path, profile: str) -> None:
    rows = tables()
    rows["rpt_reporting_entity"][0].update(name=None, rssd=None, address_line=None, fincen_tcc=None)
    rows["rpt_str_party"][0].update(birth_date=None, occupation=None, phones=[])
    connection, settings = stored_as(scratch, rows, tmp_path)
    with pytest.raises(RulesBroken) as refused:
        generate(connection, settings, CASE, profile)
    named = [violation.field for violation in refused.value.violations if violation.value is None]
    missing = set(named)
    assert len(named) == len(set(refused.value.violations)), "each is told once, however often the party stands in it"
    goaml = {"account A-1: institution", "account A-1: institution_code", "reporting entity: line"}
    person = {"party P-1: birth_date", "party P-1: phones"}
    expected = {
        "fincen-sar": {"reporting entity: name", "reporting entity: line", "reporting entity: fincen_tcc"},
        "goaml-5.0.1-sar": goaml | person | {"party P-1: occupation"},
        "goaml-5.0.1-str": goaml | person | {"party P-1: occupation"},
        "goaml-5.0.2-uae-sar": goaml | person,
        "goaml-5.0.2-uae-str": goaml | person,
    }
    assert missing == expected[profile]
    for field in missing:
        assert field in str(refused.value)
    assert preview(connection, CASE, profile) == list(refused.value.violations)
    assert list_filings(tmp_path) == []
    assert list(tmp_path.rglob("*")) == []


def test_what_only_the_schema_knows_is_refused_too(scratch: Lake, tmp_path: Path) -> None:
    (tmp_path / "schemas" / "goaml").mkdir(parents=True)
    (tmp_path / "schemas" / "goaml" / "goAMLSchema-5.0.1.xsd").write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="report" type="xs:int"/></xs:schema>'
    )
    connection, settings = stored_as(scratch, tables(), tmp_path / "home")
    with pytest.raises(SchemaRejected, match="report"):
        generate(connection, settings.model_copy(update={"schemas": tmp_path / "schemas"}), CASE, "goaml-5.0.1-str")
    assert [path for path in (tmp_path / "home").rglob("*") if path.is_file()] == []


def test_a_case_that_is_not_approved_has_no_filing(lake: Lake) -> None:
    connection, settings = lake
    with pytest.raises(CaseNotReportable, match="nobody's case"):
        generate(connection, settings, "nobody's case", "fincen-sar")


def test_a_jurisdiction_without_reporting_entity_is_named(scratch: Lake, tmp_path: Path) -> None:
    rows = tables()
    rows["rpt_str_case"][0]["jurisdiction"] = "ZZ"
    connection, settings = stored_as(scratch, rows, tmp_path)
    with pytest.raises(ReportError, match="'ZZ' has 0 reporting entities"):
        generate(connection, settings, CASE, "fincen-sar")


def test_unknown_names_are_refused_with_those_there_are(lake: Lake) -> None:
    connection, settings = lake
    with pytest.raises(UnknownProfile, match=r"fincen-ctr, fincen-doep, fincen-sar, goaml-5\.0\.1-ctr"):
        generate(connection, settings, CASE, "../profiles/fincen-sar")
    with pytest.raises(ReportError, match="not usable"):
        generate(connection, settings, CASE, "fincen-sar", filing_ref="../outside")
    with pytest.raises(SnapshotGone):
        generate(connection, settings, CASE, "fincen-sar", pin=10**9)
    assert list(settings.home.rglob("*")) == []
