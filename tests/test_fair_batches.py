"""A flood in one topic does not hold up what comes in another."""

from collections.abc import Callable
from pathlib import Path

import pytest
from landing_bench import Bench, party

from sinks import Event, SinkConfig, Step, run_until_caught_up
from sinks.consumer import ANSWER_BYTES, TUNING, fetch_bytes

PARTITIONS, FLOOD, BATCH = 4, 5_000, 500
# librdkafka's fetch.max.bytes, at which an answer ends
LONGEST_ANSWER = 52_428_800


@pytest.mark.timeout(400)
def test_a_trickle_lands_in_the_first_batches_of_a_flood(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    flooded = Bench(kafka, new_topic, catalog, partitions=PARTITIONS)
    quiet = Bench(kafka, new_topic, catalog)
    values = [party(number) for number in range(FLOOD)]
    for partition in range(PARTITIONS):
        flooded.send(values, partition=partition)
    quiet.send(party(number) for number in range(20))

    batches: list[set[str]] = []

    def observe(event: Event) -> None:
        if event.step is Step.COMMITTED:
            batches.append({topic for topic, counts in event.counts.items() if counts.rows})

    contracts = flooded.contracts | quiet.contracts
    # An answer so holds a small part of the flood, as of one that is a thousand times as large.
    config = SinkConfig(
        topics=tuple(contracts),
        group=flooded.topic,
        batch_rows=BATCH,
        kafka={"fetch.message.max.bytes": 65_536},
    )
    run_until_caught_up(config, flooded.settings, observe=observe, contracts=contracts)
    floods = [number for number, topics in enumerate(batches) if flooded.topic in topics]
    trickles = [number for number, topics in enumerate(batches) if quiet.topic in topics]
    assert len(floods) >= PARTITIONS * FLOOD // BATCH
    assert trickles
    assert trickles[-1] < len(batches) / 4, trickles
    flooded.proves_exact(rows=PARTITIONS * FLOOD)
    quiet.proves_exact(rows=20)


@pytest.mark.parametrize("partitions", [0, 1, 8, 9, 96, 256, 400])
def test_an_answer_has_room_for_every_partition(partitions: int) -> None:
    assert partitions * fetch_bytes(partitions) <= LONGEST_ANSWER


def test_few_partitions_are_read_in_large_answers() -> None:
    assert fetch_bytes(8) == TUNING["fetch.message.max.bytes"] == ANSWER_BYTES // 8
