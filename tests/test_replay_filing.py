"""A labelled account of published data, from its events to filings that the regulators' own schemas accept."""

from __future__ import annotations

import os
from collections import Counter
from datetime import date
from pathlib import Path

import marts_lake
import polars as pl
import pyarrow as pa
import pytest
from decoding_of import decode
from landed_bank import Bank, at
from lxml import etree
from marts_lake import BuiltLake, MakeLake

from contracts import contract_for, load
from lakehouse.attach import connect
from lakehouse.schema import prepare
from reports import find, generate, profiles, trace
from reports.profile import load as profile_of
from simulator.replay_amlgentex import amlgentex
from simulator.replay_transfers import PLACEHOLDER_PERSON, Replay, TransferLog
from sinks.decoding.json_decoder import JsonDecoder

make_lake = marts_lake.make_lake

SHARED = Path(os.environ.get("VIGIL_SHARED", "../shared"))
needs_shared = pytest.mark.skipif(
    not all((SHARED / part).is_dir() for part in ("data", "schemas")), reason="skipped: ../shared not present"
)
PATTERNS = 5


def largest_patterns() -> Replay:
    """The accounts of the log's largest labelled patterns, with all that moved on them."""
    log = amlgentex(SHARED).log
    labelled = log.transfers.filter("is_labelled")
    largest = labelled.group_by("pattern_id").agg(pl.col("amount").sum()).top_k(PATTERNS, by="amount")["pattern_id"]
    planted = labelled.filter(pl.col("pattern_id").is_in(largest.implode()))
    members = pl.concat([planted["debtor"], planted["creditor"]]).unique().implode()
    moved = log.transfers.filter(pl.col("debtor").is_in(members) | pl.col("creditor").is_in(members))
    touched = pl.concat([moved["debtor"], moved["creditor"]]).drop_nulls().unique().implode()
    return Replay(TransferLog(log.name, log.accounts.filter(pl.col("number").is_in(touched)), moved), date(2025, 1, 1))


def land(lake: BuiltLake, replay: Replay) -> None:
    """Land the replay's messages, decoded as the sink does."""
    landed: Counter[str] = Counter()
    with connect(lake.settings) as connection:
        prepare(connection, load().values())
        for batch in replay.batches():
            for topic, messages in batch.items():
                contract = contract_for(topic)
                values, keys = ([text.encode() for text in messages[column]] for column in ("value", "key"))
                decoded = decode(JsonDecoder(contract), values, keys)
                assert decoded.rejected == []
                offsets = range(landed[topic], landed[topic] + messages.height)
                landed[topic] += messages.height
                rows = decoded.table.append_column("_offset", pa.array(offsets, pa.int64()))
                rows = rows.append_column("_sent", pa.array(messages["timestamp"]).cast(pa.timestamp("ms")))
                connection.register("decoded", rows)
                connection.execute(
                    f"insert into lake.landing.{contract.table} by name "
                    "select * exclude (_sent), 0 as _partition, _sent as _timestamp, _sent as _landed_at from decoded"
                )


def labelled_case(lake: BuiltLake, replay: Replay) -> tuple[str, str]:
    """(case_id, account_id) of the case of a labelled account with the most labelled transfers in evidence."""
    truth = replay.truth().filter("is_labelled")
    accounts, transfers = set(truth["account_id"].drop_nulls()), set(truth["end_to_end_id"].drop_nulls())
    cases = lake.rows(
        "select case_id, subject_id, list(end_to_end_id order by transaction_id) from lake.str.cases "
        "join lake.str.case_transactions using (case_id) join lake.intermediate.int_movements using (transaction_id) "
        "where subject_type = 'account' group by all order by case_id"
    )
    hits, case_id, account_id = max(
        (len(transfers.intersection(moved)), str(case), str(subject))
        for case, subject, moved in cases
        if subject in accounts
    )
    assert hits >= 3
    return case_id, account_id


@needs_shared
def test_a_labelled_account_becomes_filings_that_the_schemas_accept(make_lake: MakeLake, tmp_path: Path) -> None:
    lake, replay = make_lake(), largest_patterns()
    land(lake, replay)
    lake.build_cases(lake.newest())
    case_id, account_id = labelled_case(lake, replay)

    officers = Bank()
    officers.decide(case_id, "disposed", "inv-01", at(400), disposition="report", reason="No reason for the payments.")
    officers.decide(case_id, "approved", "mlro-01", at(401), reason="Agreed.")
    lake.land(officers.events)
    lake.dbt(lake.newest(), "build", "--select", "+path:models/rpt", "--exclude-resource-types", "test", "unit_test")

    settings = lake.settings.model_copy(update={"home": tmp_path, "schemas": SHARED / "schemas"})
    ((movements,),) = lake.rows("select count(*) from lake.rpt.rpt_str_transaction")
    pin = lake.newest()
    with connect(settings) as connection:
        for profile in profiles("case"):
            filing = generate(connection, settings, case_id, profile, pin=pin)
            document = etree.parse(str(filing.path))
            schema = etree.XMLSchema(etree.parse(str(SHARED / "schemas" / profile_of(profile).schema)))
            assert schema.validate(document), schema.error_log
            told = set(document.getroot().itertext())
            assert "55" + account_id.removeprefix("amlgentex-").zfill(8) in told
            assert PLACEHOLDER_PERSON in told, "the filing itself says that nobody is meant"
            assert len(trace(connection, find(tmp_path, filing.filing_ref))) == movements
