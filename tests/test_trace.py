"""From each movement of a filing back to its topic, partition, offset and landed commit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from reporting_case import CASE, tables
from reporting_lake import TOPIC, build, landed_at, reporting_lake

from contracts import contract_for
from reports import find, generate, profiles, trace
from reports.errors import IncidentError, TraceBroken


def test_every_movement_leads_to_its_event_and_commit(catalog: tuple[str, Path], tmp_path: Path) -> None:
    rows = tables()
    with reporting_lake(catalog, tmp_path, rows) as (connection, settings):
        for profile in profiles("case"):
            made = generate(connection, settings, CASE, profile)
            origins = trace(connection, find(tmp_path, made.filing_ref))
            assert [(origin.transaction_id, origin.topic, origin.partition, origin.offset) for origin in origins] == [
                (row["transaction_id"], TOPIC, row["_partition"], row["_offset"]) for row in rows["rpt_str_transaction"]
            ]
            for origin in origins:
                assert origin.commit_id == f"commit-{origin.partition}"
                assert origin.committed_at == origin.landed_at == landed_at(origin.partition)


def test_the_commit_is_not_that_of_a_former_topic_of_the_same_name(catalog: tuple[str, Path], tmp_path: Path) -> None:
    with reporting_lake(catalog, tmp_path, tables()) as (connection, settings):
        connection.execute(
            "insert into lake.ledger.commits (commit_id, topic, ranges, committed_at) "
            "select 'former', topic, ranges, committed_at - interval 1 year from lake.ledger.commits"
        )
        filing = generate(connection, settings, CASE, "fincen-sar")
        assert {origin.commit_id for origin in trace(connection, filing)} == {f"commit-{number}" for number in range(4)}


def test_rows_that_went_missing_are_all_named(catalog: tuple[str, Path], tmp_path: Path) -> None:
    with reporting_lake(catalog, tmp_path, tables()) as (connection, settings):
        filing = generate(connection, settings, CASE, "goaml-5.0.1-str")
        table = f"lake.landing.{contract_for(TOPIC).table}"
        connection.execute(f"delete from {table} where transaction_id = 'T-0002'")
        # Another event at the offset is not the event either.
        connection.execute(f"update {table} set transaction_id = 'T-9999' where transaction_id = 'T-0005'")
        with pytest.raises(TraceBroken, match="2 of 8 movements") as broken:
            trace(connection, filing)
        assert f"T-0002: {TOPIC}/2@1002" in str(broken.value)
        assert f"T-0005: {TOPIC}/1@1005" in str(broken.value)


def test_a_figure_that_is_not_its_events_breaks_the_trace(catalog: tuple[str, Path], tmp_path: Path) -> None:
    rows = tables()
    with reporting_lake(catalog, tmp_path, rows) as (connection, settings):
        # What was built is not what landed.
        rows["rpt_str_transaction"][1]["settled_amount"] += 1
        build(connection, rows)
        filing = generate(connection, settings, CASE, "fincen-sar")
        landed = f"lake.landing.{contract_for(TOPIC).table}"
        # And what landed was altered after the filing.
        connection.execute(f"update {landed} set settled_currency = 'CHF' where transaction_id = 'T-0005'")
        connection.execute(
            "insert into lake.ledger.rewinds (topic, ranges, rewound_by, reason, rewound_at) values "
            "(?, [{'partition': 1, 'first_offset': 1000, 'next_offset': 1006, 'messages': 6}], 'O1', 'a test', now())",
            [TOPIC],
        )
        with pytest.raises(TraceBroken, match="2 of 8 movements") as broken:
            trace(connection, filing)
        assert re.search(rf"T-0002: .* at snapshot {filing.pin}, not ", str(broken.value))
        assert re.search(r"T-0005: .* CHF now, not .* USD; landed again by O1 at .*: a test", str(broken.value))
        assert str(broken.value).count("landed again") == 1


def test_an_altered_filing_is_not_traced(catalog: tuple[str, Path], tmp_path: Path) -> None:
    with reporting_lake(catalog, tmp_path, tables()) as (connection, settings):
        filing = generate(connection, settings, CASE, "goaml-5.0.1-str")
        filing.path.write_bytes(filing.path.read_bytes().replace(b"9400.00", b"1400.00"))
        with pytest.raises(IncidentError, match=r"STR-.*\.xml"):
            trace(connection, filing)
