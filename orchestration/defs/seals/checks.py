"""Whether what was sealed is still as it was."""

import dagster as dg

from lakehouse.attach import connect
from lakehouse.settings import Settings
from orchestration.defs.seals.assets import SEALS
from orchestration.progress import tell
from reports.outbox import list_filings
from sinks.seal_verification import verify_seals

_SHOWN = 20


@dg.asset_check(asset=SEALS, name="seals_hold", blocking=False)
def seals_hold() -> dg.AssetCheckResult:
    """Compute every seal anew from landing; one that is broken names the range that was altered."""
    settings = Settings()
    heads = [head for filing in list_filings(settings.home) if (head := filing.seal)]
    with connect(settings, read_only=True) as connection:
        found = verify_seals(connection, progress=tell, heads=heads)
    broken = found.broken
    return dg.AssetCheckResult(
        passed=not broken,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"{broken[0]}; {len(broken)} faults" if broken else f"{found.seals:,} seals hold",
        metadata={
            "seals": found.seals,
            "faults": dg.MetadataValue.json([str(each) for each in broken[:_SHOWN]]),
            "landed again since": dg.MetadataValue.json(found.rewound[:_SHOWN]),
        },
    )
