"""Sinks with a fixed place in the group: one that crashes and comes back disturbs no other."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from conditions import wait_until
from landing_bench import Bench, SinkProcess, party

from sinks import Step

PARTITIONS, MESSAGES = 6, 400
NEVER = 1_000_000


@pytest.mark.timeout(400)
def test_a_sink_that_comes_back_in_time_moves_no_partition_of_the_others(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    bench = Bench(kafka, new_topic, catalog, partitions=PARTITIONS)

    def sink(name: str, step: Step = Step.FENCED, occurrence: int = NEVER) -> SinkProcess:
        # Within the session timeout the group waits for a member; no machine is so busy that this one runs out.
        kafka = {"group.instance.id": name, "session.timeout.ms": 300_000, "heartbeat.interval.ms": 500}
        return bench.process(step, occurrence, "wait", batch_rows=100, kafka=kafka)

    with sink("one") as one, sink("two", Step.PREPARED, 1) as two, sink("three") as three:
        sinks = (one, two, three)
        wait_until(lambda: all(len(each.holds()) == 2 for each in sinks), "each sink holds two partitions", 120)
        assert set().union(*(each.holds() for each in sinks)) == set(range(PARTITIONS))
        settled = {each: moves(each) for each in (one, three)}
        place = two.holds()

        send(bench, range(MESSAGES))
        two.until("struck")
        two.kill()
        send(bench, range(MESSAGES, 2 * MESSAGES))
        with sink("two") as back:
            wait_until(lambda: landed(bench) == PARTITIONS * 2 * MESSAGES, "all has landed", 120)
            assert back.holds() == place
            assert {each: moves(each) for each in (one, three)} == settled
            for each in (one, three, back):
                each.finish()
    bench.proves_exact(rows=PARTITIONS * 2 * MESSAGES)


def send(bench: Bench, numbers: Iterable[int]) -> None:
    """The same messages to each partition."""
    values = [party(number) for number in numbers]
    for partition in range(PARTITIONS):
        bench.send(values, partition=partition)


def landed(bench: Bench) -> int:
    """Rows in the landing table."""
    return int(bench.query("select count(*) from {table}")[0][0])


def moves(sink: SinkProcess) -> list[tuple[str, list[int]]]:
    """How partitions came and went, in order."""
    return [
        (event["step"], event["partitions"])
        for event in sink.told()
        if event["step"] in (Step.ASSIGNED, Step.REVOKED) and event["partitions"]
    ]
