"""What a bank's data may hold and no report should: each is named in the preview, and no invalid file is written."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from filing_changes import Rows, both, of_company, put
from lxml import etree
from reporting_case import CASE, Tables, casefile, tables, transaction
from reporting_lake import Lake, build, reporting_lake

from reports import generate, preview
from reports.document import compose, serialise
from reports.errors import RulesBroken, SchemaRejected
from reports.filing import default_reference, refusal
from reports.narrative import narrative
from reports.profile import load, names
from reports.schema import verify_schema

SCHEMAS = Path(os.environ.get("VIGIL_SHARED", "../shared")) / "schemas"
CASES = [name for name in names("case") if name.startswith("goaml") or name == "fincen-sar"]


def amount(value: Decimal | None) -> Rows:
    """The first movement, and the case with it, of that amount."""

    def apply(rows: Tables) -> None:
        rows["rpt_str_transaction"][0].update(base_amount=value)
        told = [row["base_amount"] for row in rows["rpt_str_transaction"]]
        rows["rpt_str_case"][0]["amount"] = sum((each for each in told if each is not None), Decimal(0))

    return apply


def nameless(rows: Tables) -> None:
    rows["rpt_str_party"][0].update(name=None, first_name=None, last_name=None)


def of_nobody(rows: Tables) -> None:
    rows["rpt_str_account"][0]["parties"] = []


def ahead(rows: Tables) -> None:
    rows["rpt_str_transaction"][0]["booked_at"] = datetime(2026, 3, 20)
    rows["rpt_str_case"][0]["activity_to"] = datetime(2026, 3, 20).date()


# Of each what it is, and for each form the numbers of the rules that must name it; None: the form carries it as it is.
BAD: dict[str, tuple[Rows, dict[str, set[str] | None]]] = {
    "a party without a name": (nameless, {"goaml": {"GA-401", "GA-402"}, "fincen": {"FS-641"}}),
    "a company without a name": (of_company(put("str_party", name=None)), {"goaml": {"GA-501"}, "fincen": {"FS-641"}}),
    "an account of nobody": (of_nobody, {"goaml": {"GA-307", "GA-308"}, "fincen": {"FS-642"}}),
    "a currency without a rate": (amount(None), {"goaml": {"GA-203", "GA-620"}, "fincen": {"FS-643"}}),
    "a story of 30,000 characters": (
        put("str_case", officer_narrative="A hired hand. " * 2143), {"goaml": {"GA-601"}, "fincen": {"FS-602"}}
    ),
    "control characters": (
        put("str_party", occupation="Flo\x02rist\x1b"), {"goaml": {"GA-021"}, "fincen": {"FS-021"}}
    ),
    "a name from right to left": (
        put("str_party", last_name="الوكيل"), {"goaml-5.0.1": None, "goaml-5.0.2": {"GU-601"}, "fincen": {"FS-604"}}
    ),
    "an emoji in a name": (
        put("str_party", last_name="Smith 😀"), {"goaml-5.0.1": None, "goaml-5.0.2": {"GU-601"}, "fincen": {"FS-604"}}
    ),
    "a movement in the future": (ahead, {"fincen": {"FS-644"}, "str": {"GA-602"}, "sar": {"GA-621"}}),
    "an amount of nothing": (amount(Decimal(0)), {"goaml": {"GA-603", "GA-622"}, "fincen": {"FS-645"}}),
    "an amount of 10^15": (amount(Decimal(10) ** 15), {"goaml": {"GA-617"}, "fincen": {"FS-646"}}),
}  # fmt: skip


def expected(bad: str, profile: str) -> set[str] | None:
    """The rules of ``profile`` that must name it."""
    wanted = next(rules for form, rules in BAD[bad][1].items() if profile.startswith(form) or profile.endswith(form))
    return None if wanted is None else wanted & {rule.id for rule in load(profile).rules}


@pytest.mark.parametrize("profile", CASES)
@pytest.mark.parametrize("bad", BAD)
def test_it_is_named_by_field_value_and_rule_or_told_as_it_is(bad: str, profile: str) -> None:
    rows = tables()
    BAD[bad][0](rows)
    file = casefile(rows)
    root, violations = compose(load(profile), file, "REF-1", narrative(file))
    wanted = expected(bad, profile)
    if wanted is None:
        assert violations == []
        assert rows["rpt_str_party"][0]["last_name"] in etree.tostring(root, encoding="unicode")
    else:
        assert wanted
        assert {violation.rule for violation in violations} >= wanted
        assert all(violation.field and violation.message for violation in violations)
    if not any(violation.severity == "error" for violation in violations):
        assert verify_schema(serialise(root), load(profile), SCHEMAS).faults == ()


@pytest.mark.parametrize("profile", CASES)
def test_everything_bad_at_once_is_named_at_once(profile: str) -> None:
    rows = tables()
    both(*(change for bad, (change, _) in BAD.items() if "company" not in bad and "10^15" not in bad))(rows)
    file = casefile(rows)
    _, violations = compose(load(profile), file, "REF-1", narrative(file))
    found = {violation.rule for violation in violations}
    for bad in ("an account of nobody", "control characters", "a movement in the future", "an amount of nothing"):
        assert found >= (expected(bad, profile) or set())


@pytest.fixture(scope="module")
def scratch(new_catalog: Callable[[], tuple[str, Path]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with reporting_lake(new_catalog(), tmp_path_factory.mktemp("bad"), tables()) as lake:
        yield lake


@pytest.mark.parametrize("bad", [bad for bad in BAD if "10^15" not in bad])
def test_nothing_invalid_reaches_the_outbox(scratch: Lake, tmp_path: Path, bad: str) -> None:
    rows = tables()
    BAD[bad][0](rows)
    connection, settings = scratch
    pin = build(connection, rows)
    settings = settings.model_copy(update={"home": tmp_path, "schemas": SCHEMAS if SCHEMAS.is_dir() else None})
    for profile in CASES:
        refused = refusal(connection, settings, CASE, profile, pin)
        assert not isinstance(refused, SchemaRejected), f"{profile}: the rule book let pass what the schema refuses"
        if refused is None:
            made = generate(connection, settings, CASE, profile, pin=pin)
            assert verify_schema(made.path, load(profile), SCHEMAS).faults == ()
            continue
        with pytest.raises(RulesBroken) as raised:
            generate(connection, settings, CASE, profile, pin=pin)
        assert list(raised.value.violations) == preview(connection, CASE, profile, pin)
        assert default_reference(profile, CASE) not in {path.name for path in tmp_path.glob("outbox/*")}


def test_an_amount_beyond_the_lake_is_refused_by_the_lake(scratch: Lake) -> None:
    rows = tables()
    rows["rpt_str_transaction"].append(transaction(20, base_amount=Decimal(10) ** 15))
    with pytest.raises(Exception, match=r"(?i)decimal|range"):
        build(scratch[0], rows)
