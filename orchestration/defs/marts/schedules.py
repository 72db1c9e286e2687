"""The build as a job, and every night; and what officers and regulators did, folded without the rest."""

from __future__ import annotations

import dagster as dg

from orchestration.defs.landing.assets import landing
from orchestration.defs.landing.checks import landing_gate
from orchestration.defs.marts.assets import marts, rpt
from orchestration.defs.marts.checks import marts_gate, rpt_gate


def _folded(*staging: str) -> dg.AssetSelection:
    """What hangs on the staging models of topics of compliance: by what people did nothing else changes."""
    told = dg.AssetSelection.assets(*(["staging", name] for name in staging))
    landed = dg.AssetSelection.assets(landing) | (told.downstream() & dg.AssetSelection.assets(marts, rpt))
    # The marts' gate judges tables of before as well, and would have to stand before and behind this step at once.
    return (landed | dg.AssetSelection.checks(rpt_gate)) - dg.AssetSelection.checks(marts_gate, landing_gate)


build_job = dg.define_asset_job(
    "build",
    selection=dg.AssetSelection.assets(marts, rpt) | dg.AssetSelection.checks(landing_gate, marts_gate, rpt_gate),
    description="Landing gate, dbt, marts gate, what filings print and its gate: all from one snapshot.",
)

acts_job = dg.define_asset_job(
    "acts",
    selection=_folded("stg_decisions", "stg_exemption_acts", "stg_filing_events")
    | dg.AssetSelection.checks(landing_gate),
    description="Land, and fold what officers and regulators did into cases, exemptions, deadlines and what filings "
    "print. Detection, and the marts' gate, are left to the build.",
)

answers_job = dg.define_asset_job(
    "answers",
    selection=_folded("stg_filing_events"),
    description="Land, and fold what became of filings into deadlines, the month of the MLRO and what corrections "
    "need. All else, and the gates before it, are left to the build.",
)

build_every_night = dg.ScheduleDefinition(
    name="build_every_night",
    job=build_job,
    cron_schedule="30 1 * * *",
    execution_timezone="UTC",
    description="Build even where nothing landed, since reviews fall due without an event.",
)
