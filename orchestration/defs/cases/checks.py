"""Whether officers keep to the rules and to the law's deadlines: alarms that stop no build, and stay while true."""

from __future__ import annotations

from typing import Any

import dagster as dg

from lakehouse.attach import connect
from lakehouse.settings import Settings

_VIOLATIONS = """
    select rule, case_id, decision_id, detail
    from lake.str.case_violations
    where raises_alarm
    order by sent_at, decision_id
"""
_DEADLINES = """
    select
        state, report, kind, coalesce(case_id, business_day::varchar, exemption_id) as about, due_day,
        coalesce(filing_ref, '') as filing
    from lake.str.deadlines
    where list_contains($states, state)
    order by met_late, due_day, report, about
"""
_SHOWN = 100
_OF_DEADLINES = dg.AssetKey(["str", "deadlines"])


@dg.asset_check(
    asset=dg.AssetKey(["str", "case_violations"]),
    blocking=False,
    description="No act broke a rule that another officer has not settled since.",
)
def violations_settled() -> dg.AssetCheckResult:
    """Acts that have no effect, and approvals that a case has outgrown, however long ago."""
    with connect(Settings(), read_only=True) as connection:
        found = connection.execute(_VIOLATIONS).fetchall()
    told = "; ".join(f"case {case_id}: {detail}" for _, case_id, _, detail in found)
    return dg.AssetCheckResult(
        passed=not found,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"{len(found)} open violations: {told}" if found else "no open violation",
        metadata={"open": len(found), "violations": _table(("rule", "case", "act", "what happened"), found)},
    )


@dg.asset_check(asset=_OF_DEADLINES, blocking=False, description="No report is near its last day, or due today.")
def deadlines_near() -> dg.AssetCheckResult:
    """Reports that have to be filed within ``near_days`` (seeds/scenario_parameters.csv, deadlines)."""
    return _told(["near", "due"], dg.AssetCheckSeverity.WARN, "to be filed within days")


@dg.asset_check(asset=_OF_DEADLINES, blocking=False, description="No report was ever filed late, or is overdue.")
def deadlines_missed() -> dg.AssetCheckResult:
    """Reports whose last day has gone by; those filed afterwards stay, since the law was broken all the same."""
    return _told(["missed"], dg.AssetCheckSeverity.ERROR, "missed their deadline")


def _told(states: list[str], severity: dg.AssetCheckSeverity, what: str) -> dg.AssetCheckResult:
    with connect(Settings(), read_only=True) as connection:
        found = connection.execute(_DEADLINES, {"states": states}).fetchall()
    named = ", ".join(
        f"{report} of {about} ({'review, ' if kind == 'review' else ''}{due:%Y-%m-%d})"
        for _, report, kind, about, due, _ in found[:_SHOWN]
    )
    named += f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return dg.AssetCheckResult(
        passed=not found,
        severity=severity,
        description=f"{len(found)} reports {what}: {named}" if found else f"no report {what}",
        metadata={
            "reports": len(found),
            "deadlines": _table(("state", "report", "kind", "about", "due", "filing"), found[:_SHOWN]),
        },
    )


def _table(names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> dg.MarkdownMetadataValue:
    lines = [f"| {' | '.join(str(cell) for cell in line)} |" for line in (names, ("---",) * len(names), *rows)]
    return dg.MetadataValue.md("\n".join(lines))
