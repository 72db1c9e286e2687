"""What every profile makes is valid under the regulator's own schema."""

import os
from pathlib import Path

import pytest
from reporting_case import casefile, tables
from reporting_day import day_tables, dayfile

from reports.batch import parts
from reports.document import compose, serialise
from reports.narrative import narrative
from reports.profile import load, names
from reports.schema import verify_schema

SCHEMAS = Path(os.environ.get("VIGIL_SHARED", "../shared")) / "schemas"
needs_schemas = pytest.mark.skipif(not SCHEMAS.is_dir(), reason="../shared not present")


@needs_schemas
@pytest.mark.parametrize("name", names("case"))
def test_a_case_is_valid_under_the_regulators_schema(name: str) -> None:
    profile, file = load(name), casefile(tables())
    root, violations = compose(profile, file, "REF-1", narrative(file))
    assert violations == []
    result = verify_schema(serialise(root), profile, SCHEMAS)
    assert (result.valid, result.faults) == (True, ())


@needs_schemas
@pytest.mark.parametrize("name", names("day"))
def test_a_day_of_cash_is_valid_under_the_regulators_schema(name: str) -> None:
    profile, file = load(name), dayfile(day_tables())
    (part,) = parts(profile, file, "REF-1")
    assert part.violations == []
    result = verify_schema(serialise(part.root), profile, SCHEMAS)
    assert (result.valid, result.faults) == (True, ())


@needs_schemas
@pytest.mark.parametrize("name", names("case"))
def test_the_schema_names_its_faults(name: str) -> None:
    profile, file = load(name), casefile(tables())
    root, _ = compose(profile, file, "REF-1", narrative(file))
    root.append(root[0])
    result = verify_schema(serialise(root), profile, SCHEMAS)
    assert result.valid is False
    assert "line" in result.faults[0]


@pytest.mark.parametrize("name", names())
def test_a_site_without_schemas_says_so(name: str, tmp_path: Path) -> None:
    result = verify_schema(b"<report/>", load(name), tmp_path)
    assert result.valid is None
    assert str(result) == "not checked: no schema on this site"
