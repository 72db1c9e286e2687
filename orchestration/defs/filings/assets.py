"""Filings: for each approved case one under each profile, made once and never again otherwise."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from lakehouse.attach import connect
from lakehouse.settings import Settings
from orchestration import pins
from orchestration.defs.filings.case_filings import CaseFilings, file_cases
from orchestration.defs.filings.lifecycle import announce
from orchestration.defs.marts.assets import rpt
from orchestration.progress import tell
from reports import profile

POOL = "filings"


def filing_key(profile_name: str) -> dg.AssetKey:
    """The asset of all filings under a profile."""
    return dg.AssetKey(["filings", profile_name])


@dg.multi_asset(
    name="filings",
    specs=[
        dg.AssetSpec(
            filing_key(name),
            deps=sorted(rpt.keys),
            description=f"{profile.load(name).title}, one file an approved case, in the outbox.",
            group_name="filings",
            kinds={"xml", "pdf"},
        )
        for name in profile.names()
    ],
    pool=POOL,
)
def filings(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
    """File what was approved and has no filing yet; a case that lacks a field is left out and told of."""
    settings = Settings()
    pin = pins.pin_of_run(context, pins.FILING)
    with connect(settings, read_only=True) as connection:
        for name in profile.names():
            done = file_cases(connection, settings, name, pin, tell)
            announced = announce(connection, settings, done.made + done.there, datetime.now(UTC))
            yield dg.MaterializeResult(
                asset_key=filing_key(name),
                metadata={
                    "pin": pin,
                    "approved cases": len(done.made) + len(done.there) + len(done.refused),
                    "made": len(done.made),
                    "made before": len(done.there),
                    "refused": len(done.refused),
                    "announced": announced,
                    "outbox": dg.MetadataValue.path(str((settings.home / "outbox").resolve())),
                    "filings": dg.MetadataValue.md(_table(done)),
                },
            )


def _table(done: CaseFilings) -> str:
    lines = [
        f"| {each.case_id} | {each.filing_ref} | {each.validity} | `{each.path}` | `{each.pdf_path}` |"
        for each in done.made + done.there
    ]
    lines += [f"| {case_id} | refused | {', '.join(reasons)} | | |" for case_id, reasons in done.refused.items()]
    return "\n".join(["| case | filing | validity | file | pack |", "|---|---|---|---|---|", *lines])
