"""Filings: for each approved case, business day with cash to report, or exemption, one under each profile of that kind.

Made once and never again otherwise.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from lakehouse.attach import connect
from lakehouse.settings import Settings
from orchestration import pins
from orchestration.defs.filings.due import Filings, file_due
from orchestration.defs.filings.lifecycle import announce
from orchestration.defs.marts.assets import rpt
from orchestration.progress import tell
from reports import profile
from reports.outbox import Filing, list_filings

POOL = "filings"
_ABOUT = {
    "case": "an approved case",
    "day": "a business day with cash to report, once it is over",
    "exemption": "an approved act on an exemption",
}


def filing_key(profile_name: str) -> dg.AssetKey:
    """The asset of all filings under a profile."""
    return dg.AssetKey(["filings", profile_name])


@dg.multi_asset(
    name="filings",
    specs=[
        dg.AssetSpec(
            filing_key(name),
            deps=sorted(rpt.keys),
            description=f"{profile.load(name).title}: in the outbox one file {_ABOUT[profile.load(name).about]}.",
            group_name="filings",
            kinds={"xml", "pdf"},
        )
        for name in profile.names()
    ],
    pool=POOL,
)
def filings(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
    """File what is due and has no filing yet; what lacks a field is left out and told of."""
    settings = Settings()
    pin = pins.pin_of_run(context, pins.FILING)
    held = list_filings(settings.home)
    with connect(settings, read_only=True) as connection:
        for name in profile.names():
            done = file_due(connection, settings, name, pin, held, tell)
            announced = announce(connection, settings, done.made + done.there, datetime.now(UTC))
            yield dg.MaterializeResult(
                asset_key=filing_key(name),
                metadata={
                    "pin": pin,
                    "due": len(done.made) + len(done.there) + len(done.refused),
                    "made": len(done.made),
                    "made before": len(done.there),
                    "refused": len(done.refused),
                    "announced": announced,
                    "outbox": dg.MetadataValue.path(str((settings.home / "outbox").resolve())),
                    "filings": dg.MetadataValue.md(_table(done)),
                },
            )


def _table(done: Filings) -> str:
    lines = [
        f"| {each.about} | {each.filing_ref} | {each.validity} | `{each.path}` | {_pack(each)} |"
        for each in done.made + done.there
    ]
    lines += [f"| {about} | refused | {', '.join(reasons)} | | |" for about, reasons in done.refused.items()]
    return "\n".join(["| case, day or act | filing | validity | file | pack |", "|---|---|---|---|---|", *lines])


def _pack(filing: Filing) -> str:
    return f"`{filing.pdf_path}`" if filing.pdf_path else ""
