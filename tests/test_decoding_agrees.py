"""A message's fate does not depend on its batch: what the bulk path accepts, the row path reads the same."""

import json
import random

import pytest
from decoding_of import decode
from hypothesis import given, settings
from hypothesis import strategies as st
from landing_bench import party

from contracts import Contract, contract_for
from sinks.decoding.json_bulk import BulkDecoder
from sinks.decoding.json_decoder import JsonDecoder
from sinks.decoding.json_rows import decode_rows

CONTRACT = contract_for("bank.parties")
FLAT = contract_for("bank.transactions")
BULK = {contract.topic: BulkDecoder(contract) for contract in (CONTRACT, FLAT)}
ODD = st.sampled_from(
    [
        None,
        True,
        5,
        -1,
        1.5,
        10**20,
        "",
        "x",
        "1.5",
        "1e3",
        "-0",
        "2026-01-31",
        "2026-01-31T00:00:00Z",
        'é"\\\n:',
        ":",
        '":"',
        " ",
        [],
        {},
        [None],
        [5],
        [{"town": "x"}],
        [{"town": 5}],
        [{"new": "x"}],
        {"a": "b"},
    ]
)
CUTS = st.lists(
    st.tuples(st.integers(0, 400), st.sampled_from([b"", b",", b" ", b'"', b"}", b"\\", b":", b"\xff", b"0"]))
)


def message(contract: Contract, changes: dict[str, object], indent: int | None) -> bytes:
    """A valid message of ``contract`` with members changed."""
    valid = {field.name: _valid(field.name, field.type, field.values) for field in contract.fields if field.required}
    return json.dumps(valid | changes, indent=indent, ensure_ascii=False).encode()


def _valid(name: str, kind: str, values: tuple[str, ...] | None) -> object:
    if values:
        return values[0]
    return {"date": "2026-01-31", "timestamp": "2026-01-31T13:45:00.5Z", "list": []}.get(
        kind, "12.5" if kind.startswith("decimal") else f"{name} é"
    )


@pytest.mark.parametrize("contract", [CONTRACT, FLAT], ids=lambda each: each.topic)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_bulk_and_rows_agree(contract: Contract, data: st.DataObject) -> None:
    names = st.sampled_from([*(field.name for field in contract.fields), "unknown"])
    changes: dict[str, object] = {**data.draw(st.dictionaries(names, ODD, max_size=3))}
    value = message(contract, changes, data.draw(st.sampled_from([None, 1])))
    for position, piece in data.draw(CUTS.filter(lambda cuts: len(cuts) <= 2)):
        value = value[:position] + piece + value[position + 1 :]
    bulk = decode(BULK[contract.topic], [value], [b"k"])
    rows = decode_rows(contract, [value], [b"k"])
    assert rows.table.num_rows + len(rows.rejected) == 1
    if len(bulk.positions):
        assert not rows.rejected, (value, rows.rejected)
        assert bulk.table.equals(rows.table), value


@settings(max_examples=300, deadline=None)
@given(
    name=st.text(),
    ascii_only=st.booleans(),
    separators=st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\t:\r\n")]),
    absent=st.sampled_from([{}, {"value_date": None}, {"channel": None, "purpose": None}]),
)
def test_valid_messages_take_the_fast_path(
    name: str, ascii_only: bool, separators: tuple[str, str], absent: dict[str, None]
) -> None:
    valid = json.loads(message(FLAT, {}, None)) | {"debtor_name": name} | absent
    value = json.dumps(valid, ensure_ascii=ascii_only, separators=separators).encode()
    bulk = decode(BULK[FLAT.topic], [value], [None])
    assert bulk.table.column("debtor_name").to_pylist() == [name]
    assert bulk.table.equals(decode_rows(FLAT, [value], [None]).table)


@pytest.mark.parametrize(
    "spoilt",
    [
        *(rb'"\u12"', rb'"\ud800"', rb'"\ud800\u0041"', rb'"\udc00"', rb'"\x41"', b'"\x01"', b'"a', rb'"a\"'),
        *(b"01", b"-", b"1.", b"1e", b"+1", b".5", b"NaN", b"-Infinity", b"tru", b"nul", b"True", b"'a'", b"1 2", b""),
        *(b"{}", b'{"a":1}', b"[1]"),
    ],
)
def test_what_is_no_json_is_left_to_the_row_path(spoilt: bytes) -> None:
    value = message(FLAT, {"purpose": "HERE"}, None).replace(b'"HERE"', spoilt)
    assert not len(decode(BULK[FLAT.topic], [value], [None]).positions)
    assert len(decode_rows(FLAT, [value], [None]).rejected) == 1


def test_a_bad_message_spoils_none_of_its_neighbours() -> None:
    chosen = random.Random(7)
    values = [party(number) for number in range(5_000)]
    bad = {chosen.randrange(len(values)) for _ in range(7)}
    spoilt = [b"no JSON" if position in bad else value for position, value in enumerate(values)]
    decoded = decode(JsonDecoder(CONTRACT), spoilt, [None] * len(spoilt))
    assert {each.position for each in decoded.rejected} == bad
    clean = decode(JsonDecoder(CONTRACT), values, [None] * len(values)).table
    kept = [position for position in range(len(values)) if position not in bad]
    assert decoded.positions.tolist() == kept
    assert decoded.table.equals(clean.take(kept).combine_chunks()) or decoded.table == clean.take(kept)


def test_clean_batches_take_the_fast_path() -> None:
    for contract in (CONTRACT, FLAT):
        for indent in (None, 1):
            values = [message(contract, {}, indent)] * 10
            assert decode(BULK[contract.topic], values, [b"k"] * 10).positions.tolist() == list(range(10))


@pytest.mark.parametrize("tail", [b",}", b", }", b",\n}"])
def test_a_trailing_comma_is_malformed_in_any_company(tail: bytes) -> None:
    good = message(FLAT, {}, None)
    decoded = decode(JsonDecoder(FLAT), [good, good[:-1] + tail, good], [None] * 3)
    assert [(each.position, each.reason) for each in decoded.rejected] == [(1, "malformed")]
