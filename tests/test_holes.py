"""Offsets that hold no message (transaction markers, aborted and compacted messages) are advanced over."""

from collections.abc import Callable
from pathlib import Path

from confluent_kafka import Producer
from landing_bench import Bench, party


def test_aborted_transactions_and_markers(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> None:
    bench = Bench(kafka, new_topic, catalog)
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": bench.topic})
    producer.init_transactions(30)
    _transaction(producer, bench.topic, range(10), commit=True)
    _transaction(producer, bench.topic, range(10, 25), commit=False)

    # 10 rows; their marker, 15 aborted messages and another marker are holes.
    result = bench.land()
    assert (result.total.rows, result.total.holes) == (10, 17)
    (found,) = bench.reconcile()
    assert (found.next_offset, found.rows, found.holes, found.log_end) == (27, 10, 17, 27)

    # Nothing but holes: no row, no file, and yet the ledger moves.
    files = bench.files()
    _transaction(producer, bench.topic, range(25, 30), commit=False)
    result = bench.land()
    assert (result.total.rows, result.total.holes) == (0, 6)
    assert bench.files() == files
    assert bench.query("select next_offset from lake.ledger.offsets") == [(33,)]

    _transaction(producer, bench.topic, range(30, 40), commit=True)
    bench.land()
    bench.proves_exact(rows=20)
    assert [row[0] for row in bench.query("select party_id from {table} order by _offset")] == [
        f"P{number}" for number in (*range(10), *range(30, 40))
    ]


def test_open_transaction_is_not_waited_for(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    bench = Bench(kafka, new_topic, catalog)
    bench.send(party(number) for number in range(5))
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": bench.topic})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(bench.topic, party(5), partition=0)
    assert producer.flush(30) == 0
    assert bench.land().total.rows == 5
    producer.commit_transaction(30)
    assert bench.land().total.rows == 1
    bench.proves_exact(rows=6)


def _transaction(producer: Producer, topic: str, numbers: range, *, commit: bool) -> None:
    producer.begin_transaction()
    for number in numbers:
        producer.produce(topic, party(number), partition=0)
    assert producer.flush(30) == 0
    if commit:
        producer.commit_transaction(30)
    else:
        producer.abort_transaction(30)
