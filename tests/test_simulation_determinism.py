"""The same seed gives the same bytes at the same places; another seed gives others."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from simulator.bank import MINIMUM_DAYS, simulate
from simulator.errors import OutOfRange, SimulatorError
from simulator.partitioner import murmur2
from simulator.wire import digest

PARTITIONS = 4


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    first, again, other = (simulate(120, 35, seed) for seed in (1, 1, 2))
    told = [digest(simulation.batches(), PARTITIONS) for simulation in (first, again, other)]
    assert told[0] == told[1] != told[2]
    assert first.truth.equals(again.truth)
    assert first.tag == again.tag != other.tag


def test_the_digest_sees_a_change_of_partitions() -> None:
    assert digest(simulate(120, 35, 1).batches(), 3) != digest(simulate(120, 35, 1).batches(), 4)


# From org.apache.kafka.common.utils.UtilsTest, which gives them as signed numbers.
@pytest.mark.parametrize(
    ("key", "signed"),
    [
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        ("abc", 479470107),
    ],
)
def test_keys_are_hashed_as_kafkas_own_clients_do(key: str, signed: int) -> None:
    assert murmur2(key.encode()) == signed % (1 << 32)


def test_too_small_a_bank_is_refused_with_the_remedy() -> None:
    with pytest.raises(OutOfRange, match="at least 100 customers and 35 days"):
        simulate(99, 60, 1)
    with pytest.raises(OutOfRange, match="10 days"):
        simulate(500, 10, 1)


@pytest.mark.parametrize("start", [date(2025, 1, 3), date(2025, 1, 25), date(2024, 2, 2), date(2025, 8, 30)])
def test_the_shortest_bank_holds_every_case_wherever_it_begins(start: date) -> None:
    simulation = simulate(100, MINIMUM_DAYS, 5, start)
    for _ in simulation.batches():
        pass
    kinds = pl.when(pl.col("typology") == "cycle").then(pl.lit("")).otherwise("variant").alias("variant")
    counted = simulation.truth.group_by("typology", kinds, "is_lookalike").len()
    assert counted.height == 15
    assert counted["len"].unique().to_list() == [2]


def test_the_truth_is_not_told_before_the_end() -> None:
    with pytest.raises(SimulatorError, match="batches"):
        _ = simulate(120, 35, 1).truth


def test_a_bank_too_large_for_one_window_keeps_its_order_and_its_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = simulate(120, 40, 3)
    together = list(whole.batches())
    monkeypatch.setattr("simulator.bank.WINDOW_CUSTOMER_DAYS", 120 * 6)
    parted = simulate(120, 40, 3)
    batches = list(parted.batches())
    assert (len(together), len(batches)) == (1, 7)
    for topic in batches[0]:
        assert pl.concat(batch[topic] for batch in batches)["timestamp"].is_sorted()
    # What is planted does not depend on the windows; the numbers of the movements among ordinary life do.
    facts = pl.col("subject_id"), pl.col("start"), pl.col("end"), pl.col("transaction_ids").list.len()
    assert parted.truth.select(facts).equals(whole.truth.select(facts))
