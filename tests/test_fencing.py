"""A sink that the group has given up for dead wakes up in the middle of a commit: the ledger keeps it out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from conditions import wait_until
from landing_bench import Bench, party

from sinks import Event, Step

MESSAGES = 600


def test_zombie_is_fenced(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> None:
    bench = Bench(kafka, new_topic, catalog)
    bench.send(party(number) for number in range(MESSAGES))
    # No fixed name in the group: the zombie's place is only free once its session has timed out.
    config: dict[str, Any] = {"kafka": {"group.instance.id": ""}, "batch_rows": 200, "decoders": 1}
    with bench.process(Step.ENCODED, occurrence=1, then="SIGSTOP", **config) as zombie:
        struck = zombie.until("struck")
        wait_until(lambda: psutil.Process(zombie.pid).status() == psutil.STATUS_STOPPED, "the sink is stopped")

        # The group gives the partition to another only after the zombie's session has timed out.
        successor = bench.land(**config)
        assert successor.total.rows == MESSAGES
        landed = bench.query("select count(*) from lake.ledger.commits")

        zombie.resume()
        fenced = zombie.until(Step.FENCED)
        assert fenced["commit_id"] == struck["commit_id"]
        # It goes on as a member of the group, and lands what comes now.
        bench.send([party(MESSAGES)])
        wait_until(lambda: bench.query("select count(*) from {table}") == [(MESSAGES + 1,)], "the last message landed")
        zombie.finish()

    assert bench.query("select count(*) from lake.ledger.commits where commit_id = ?", [struck["commit_id"]]) == [(0,)]
    assert bench.query("select count(*) from lake.ledger.commits") == [(landed[0][0] + 1,)]
    assert not {Path(file).name for file in struck["files"]} & bench.files(), "the fenced batch's file is removed"
    bench.proves_exact(rows=MESSAGES + 1)


def test_two_groups_fence_each_other_and_stay_exact(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    bench = Bench(kafka, new_topic, catalog)
    bench.send(party(number) for number in range(MESSAGES))
    intruded: list[int] = []

    def intrude(event: Event) -> None:
        # Between decoding and commit, a sink of another group lands everything.
        if event.step is Step.ENCODED and not intruded:
            intruded.append(bench.land(group="another").total.rows)

    result = bench.land(observe=intrude, batch_rows=200, decoders=1)

    assert intruded == [MESSAGES]
    assert result.fenced >= 1
    assert result.total.rows == 0
    bench.proves_exact(rows=MESSAGES)
