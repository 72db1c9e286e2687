"""Whether what was sealed is still as it was."""

import dagster as dg

from lakehouse.attach import connect
from lakehouse.settings import Settings
from orchestration.defs.seals.assets import SEALS
from orchestration.progress import tell
from sinks.seal_verification import verify_seals

_SHOWN = 20


@dg.asset_check(asset=SEALS, name="seals_hold", blocking=False)
def seals_hold() -> dg.AssetCheckResult:
    """Compute every seal anew from landing; one that is broken names the range that was altered."""
    with connect(Settings(), read_only=True) as connection:
        count, broken = verify_seals(connection, progress=tell)
    return dg.AssetCheckResult(
        passed=not broken,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"{broken[0]}; {len(broken)} faults" if broken else f"{count:,} seals hold",
        metadata={str(each.number): str(each) for each in broken[:_SHOWN]} | {"seals": count},
    )
