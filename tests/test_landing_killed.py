"""A sink killed with SIGKILL at any point: the next one lands the rest, nothing is lost and nothing twice."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from landing_bench import Bench, party

from sinks import Step, remove_orphans

MESSAGES, BATCH = 900, 200
# In stage one nothing is written; in stage two the file exists; in stage three it is registered, but not for others.
STRIKES = {
    Step.CONSUMED: 1,
    Step.ENCODED: 2,
    Step.REGISTERED: 2,
    Step.PREPARED: 2,
}


@pytest.mark.parametrize(("step", "files"), STRIKES.items(), ids=str)
def test_killed_sink(
    step: Step, files: int, kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    bench = Bench(kafka, new_topic, catalog)
    bench.send(party(number) for number in range(MESSAGES))
    with bench.process(step, occurrence=2, then="wait", batch_rows=BATCH, decoders=1) as sink:
        first = sink.until(Step.COMMITTED) if step is not Step.CONSUMED else None
        struck = sink.until("struck")
        assert first is None or first["commit_id"] != struck["commit_id"]
        sink.kill()

    # The fault really struck: the second batch was on its way and is not in the lake.
    assert len(struck["files"]) == files - 1
    assert set(struck["files"]) <= {str(path) for path in Path(bench.settings.lake_data_path).rglob("*.parquet")}
    landed = bench.query("select count(*) from {table}")[0][0]
    assert landed <= BATCH
    assert bench.query("select count(*) from lake.ledger.commits where commit_id = ?", [struck["commit_id"]]) == [(0,)]

    result = bench.land()
    assert result.total.rows == MESSAGES - landed
    bench.proves_exact(rows=MESSAGES)

    # What the killed sink left behind counts for nothing and can be cleared away.
    an_hour_later = datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=1)
    orphans = {Path(path).name for path in remove_orphans(bench.settings, an_hour_later)}
    assert {Path(path).name for path in struck["files"]} <= orphans
    bench.proves_exact(rows=MESSAGES)
