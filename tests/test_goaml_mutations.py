"""A sound case that is altered at one place is named there: by field, value and rule, under every goAML profile."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from filing_changes import of_company
from goaml_examples import by_profile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reporting_case import Tables, casefile, tables

from reports.document import compose
from reports.narrative import narrative
from reports.profile import load, names
from reports.rulebook import Violation

GOAML = [name for name in names("case") if name.startswith("goaml")]
FILED = date(2026, 3, 12)
later = st.dates(FILED + timedelta(days=1), date(2090, 1, 1))


def violations(profile: str, rows: Tables) -> list[Violation]:
    file = casefile(rows)
    return compose(load(profile), file, "REF-1", narrative(file))[1]


@st.composite
def altered(draw: st.DrawFn) -> tuple[str, str, str, str, Any]:
    """Rule, words of the field, table, column and what is put there."""
    long = draw(st.text(alphabet="abc", min_size=256, max_size=300))
    word = draw(st.text(alphabet="ABCxyz", min_size=4, max_size=8))
    found: tuple[str, str, str, str, Any] = draw(
        st.sampled_from(
            [
                ("GA-405", "party P-1: nationality", "party", "nationality", None),
                ("GA-612", "nationality1", "party", "nationality", word),
                ("GA-601", "last_name", "party", "last_name", long),
                ("GA-601", "source_of_wealth", "party", "source_of_funds", long),
                ("GA-602", "birthdate", "party", "birth_date", draw(later)),
                ("GA-614", "birthdate", "party", "birth_date", draw(st.dates(date(1000, 1, 1), date(1752, 12, 31)))),
                ("GA-601", "account_name", "account", "account_name", long),
                ("GA-613", "currency_code", "account", "currency", word),
                ("GA-020", "account A-1: status", "account", "status", word),
                ("GA-602", "opened", "account", "opened_on", draw(later)),
                ("GA-604", "balance", "account", "balance_at_end", Decimal(8) * 10 ** draw(st.integers(15, 20))),
                ("GA-616", "report", "case", "amount", draw(st.decimals("0.01", "9999", places=2))),
                ("GA-001", "report", "case", "approved_by", "O-1"),
                ("GA-123", "reporting entity: country", "reporting_entity", "address_country", None),
            ]
        )
    )
    return found


@pytest.mark.parametrize("profile", GOAML)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(change=altered())
def test_one_alteration_is_named_where_it_is(profile: str, change: tuple[str, str, str, str, Any]) -> None:
    rule, field, table, column, value = change
    rows = tables()
    name = table if table == "reporting_entity" else f"str_{table}"
    rows[f"rpt_{name}"][0][column] = value
    found = violations(profile, rows)
    named = [each for each in found if each.rule == rule and field in each.field]
    assert named, [str(each) for each in found]
    if isinstance(value, str) and rule in ("GA-601", "GA-612", "GA-613", "GA-020"):
        assert value in {each.value for each in named}
    elif isinstance(value, date):
        assert datetime(value.year, value.month, value.day).isoformat() in {each.value for each in named}


@pytest.mark.parametrize("profile", GOAML)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_several_faults_are_named_all_at_once(profile: str, data: st.DataObject) -> None:
    # Those that concern different columns; what empties a whole table would hide the others.
    apart = {
        "GA-301", "GA-303", "GA-305", "GA-306", "GA-309", "GA-401", "GA-403", "GA-405", "GA-406", "GA-407", "GA-121",
        "GA-122", "GA-503", "GA-504", "GA-506", "GA-508", "GA-111", "GA-112", "GA-101", "GA-616", "GA-001",
    }  # fmt: skip
    examples = {rule: example for rule, example in by_profile()[profile].items() if rule in apart}
    chosen = data.draw(st.lists(st.sampled_from(sorted(examples)), min_size=2, max_size=6, unique=True))
    rows = tables()
    of_company()(rows)
    person = next(party for party in rows["rpt_str_party"] if party["party_id"] == "P-1")
    rows["rpt_str_party"].remove(person)
    rows["rpt_str_party"].insert(0, person)
    company = next(party for party in rows["rpt_str_party"] if party["party_id"] == "P-9")
    columns = {"GA-503": "incorporation_number", "GA-504": "industry_code", "GA-506": "incorporation_country",
               "GA-508": "incorporation_date"}  # fmt: skip
    for rule in chosen:
        if rule in columns:
            company[columns[rule]] = None
        else:
            example = examples[rule]
            assert callable(example)
            example(rows)
    assert set(chosen) <= {each.rule for each in violations(profile, rows)}
