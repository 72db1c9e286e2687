"""The chain of seals over what has landed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

import contracts
from lakehouse.attach import connect
from lakehouse.settings import Settings
from orchestration.defs.landing.assets import landing_key
from orchestration.progress import tell
from sinks.seals import seal

# A partition that few events come to gets a seal a day; a busy one whenever it is full.
REST = timedelta(hours=20)
SEALS = dg.AssetKey(["ledger", "seals"])


@dg.asset(
    key=SEALS,
    deps=[landing_key(contract) for contract in contracts.load().values()],
    group_name="landing",
    kinds={"ducklake"},
)
def seals() -> dg.MaterializeResult[Any]:
    """SHA-256 over the rows of each closed range of offsets, each seal bound to the one before it."""
    with connect(Settings()) as connection:
        made = seal(connection, datetime.now(UTC).replace(tzinfo=None), progress=tell, rest=REST)
    return dg.MaterializeResult(
        metadata={
            "sealed": len(made),
            "rows": sum(each.content.rows for each in made),
            **({"number": made[-1].number, "chain": made[-1].chain} if made else {}),
        }
    )
