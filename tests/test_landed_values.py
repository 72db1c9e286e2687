"""What a message says is what the lake says: exact numbers, UTC times, unknown fields, headers, where it came from."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from confluent_kafka import Producer
from landing_bench import Bench, party

SENT_AT = 1_767_225_600_123  # 2026-01-01T00:00:00.123Z


def test_values_are_exact(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> None:
    bench = Bench(kafka, new_topic, catalog)
    bench.send(
        [
            party(1, expected_monthly_turnover="12345678901234.1234", updated_at="2026-01-31T23:30:00.5+02:00"),
            # A JSON number that no double holds.
            party(2).replace(b'"1250.0000"', b"12345678901234.1235"),
            party(3, addresses=[{"town": "Zürich", "country": "CH"}, {"line": '"Am \\ Bach" 1'}], pep=True),
            party(4, expected_monthly_turnover=None, addresses=[], name='a "quoted" \\ name\n'),
        ]
    )
    bench.land()
    rows = bench.query(
        "select expected_monthly_turnover, birth_date, updated_at, addresses, pep, name from {table} order by _offset"
    )
    assert [row[0] for row in rows] == [
        Decimal("12345678901234.1234"),
        Decimal("12345678901234.1235"),
        Decimal("1250.0000"),
        None,
    ]
    assert rows[0][1:3] == (date(1980, 2, 29), datetime(2026, 1, 31, 21, 30, 0, 500000))
    first, second = rows[2][3]
    assert (first["town"], first["country"], second["line"]) == ("Zürich", "CH", '"Am \\ Bach" 1')
    assert rows[2][4:] == (True, "José 3")
    assert rows[3][3:] == ([], None, 'a "quoted" \\ name\n')
    bench.proves_exact(rows=4)


def test_unknown_fields_are_kept(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> None:
    bench = Bench(kafka, new_topic, catalog)
    bench.send(
        [
            party(1),
            party(2)[:-1] + b', "score": 1.10, "nothing": null, "deep": {"list": [1, true, "\\ud83d\\ude00"]}}',
            party(3, addresses=[{"town": "Bern"}, {"town": "Basel", "geo": "x"}]),
        ]
    )
    bench.land()
    rows = bench.query("select _extra, addresses from {table} order by _offset")
    assert [row[0] for row in rows] == [
        None,
        '{"score":1.10,"nothing":null,"deep":{"list":[1,true,"\\ud83d\\ude00"]}}',
        '{"addresses":[{},{"geo":"x"}]}',
    ]
    assert [item["town"] for item in rows[2][1]] == ["Bern", "Basel"]
    assert bench.query("select _extra->>'$.deep.list[2]' from {table} where _offset = 1") == [("😀",)]
    bench.proves_exact(rows=3)


def test_where_a_row_came_from(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> None:
    bench = Bench(kafka, new_topic, catalog, partitions=2)
    producer = Producer({"bootstrap.servers": kafka})
    headers: list[tuple[str, str | bytes | None]] = [
        ("source", b"core"),
        ("source", b"copy"),
        ("raw", b"\xff"),
        ("none", None),
    ]
    producer.produce(bench.topic, party(1), key="P1", partition=1, timestamp=SENT_AT, headers=headers)
    producer.produce(bench.topic, party(2), partition=1, timestamp=SENT_AT)
    assert producer.flush(30) == 0
    bench.land()
    rows = bench.query(
        "select _partition, _offset, _timestamp, _key, _headers, _tombstone from {table} order by _offset"
    )
    moment = datetime(2026, 1, 1, 0, 0, 0, 123000)
    assert rows == [
        (1, 0, moment, "P1", '{"source": ["core", "copy"], "raw": {"base64": "/w=="}, "none": null}', False),
        (1, 1, moment, None, None, False),
    ]
    (commit,) = bench.query("select committed_at, ranges, rows from lake.ledger.commits")
    assert bench.query("select distinct _landed_at from {table}") == [(commit[0],)]
    assert commit[1:] == ([{"partition": 1, "first_offset": 0, "next_offset": 2, "messages": 2}], 2)
