"""Messages that fit no contract become dead letters, kept whole with a reason; their neighbours land."""

from collections.abc import Callable
from pathlib import Path

from landing_bench import Bench, party

BAD: dict[bytes, tuple[str, str]] = {
    b"": ("empty", "empty"),
    b"  ": ("empty", "white space"),
    b"no JSON": ("malformed", "not JSON"),
    party(1)[:-1]: ("malformed", "not JSON"),
    b"null": ("not_an_object", "null"),
    b'["party_id"]': ("not_an_object", "party_id"),
    b"\xff" + party(1): ("not_utf8", "byte 0"),
    party(1)[:-1] + b', "party_id": "P2"}': ("duplicate_field", "party_id"),
    party(1, party_id=None): ("missing_field", "party_id"),
    party(1).replace(b'"P1"', b"null"): ("missing_field", "party_id"),
    party(1, name=5): ("wrong_type", "name"),
    party(1, pep="true"): ("wrong_type", "pep"),
    party(1, addresses={"town": "Bern"}): ("wrong_type", "addresses"),
    party(1, addresses=[5]): ("wrong_type", "addresses"),
    party(1, addresses=[{"town": 5}]): ("wrong_type", "town"),
    party(1, party_type="robot"): ("not_allowed", "party_type"),
    party(1, expected_monthly_turnover="1.23456"): ("out_of_range", "expected_monthly_turnover"),
    party(1, expected_monthly_turnover="100000000000000"): ("out_of_range", "expected_monthly_turnover"),
    party(1, expected_monthly_turnover="1,250.00"): ("out_of_range", "expected_monthly_turnover"),
    party(1, birth_date="1980-02-30"): ("out_of_range", "birth_date"),
    party(1, updated_at="2026-01-31T13:45:00"): ("out_of_range", "updated_at"),
}


def test_each_bad_message_is_kept_with_its_reason(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    bench = Bench(kafka, new_topic, catalog)
    sent = [value for bad in BAD for value in (party(0), bad)]
    bench.send(sent, key=b"\xfe key")
    bench.send(sent)

    result = bench.land()

    # A key that is no UTF-8 spoils the message, whatever its value.
    assert (result.total.rows, result.total.dead_letters) == (len(BAD), 3 * len(BAD))
    letters = bench.query(
        'select "offset", key, value, reason, detail from lake.ledger.dead_letters where topic = ? order by "offset"',
        [bench.topic],
    )
    assert [(letter[1], letter[3]) for letter in letters[: len(sent)]] == [(b"\xfe key", "not_utf8")] * len(sent)
    for (bad, (reason, detail)), letter in zip(BAD.items(), letters[len(sent) :], strict=True):
        assert (letter[1], letter[2], letter[3]) == (b"k", bad, reason)
        assert detail in letter[4], bad
    assert [letter[0] for letter in letters[len(sent) :]] == list(range(len(sent) + 1, 2 * len(sent), 2))
    bench.proves_exact(rows=len(BAD), dead_letters=3 * len(BAD))


def test_a_topic_of_nothing_but_dead_letters_moves_on(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    bench = Bench(kafka, new_topic, catalog)
    bench.send([b"x"] * 500)
    assert bench.land(batch_rows=200).total.dead_letters == 500
    bench.proves_exact(rows=0, dead_letters=500)


def test_tombstones(kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]) -> None:
    bench = Bench(kafka, new_topic, catalog)
    bench.send([None], key=b"P7")
    bench.send([None], key=None)
    bench.send([party(8)])
    assert bench.contract.tombstone == "delete"
    bench.land()
    landed = bench.query("select party_id, name, updated_at, _tombstone, _key, _offset from {table} order by _offset")
    assert landed[0] == ("P7", None, None, True, "P7", 0)
    assert (landed[1][0], landed[1][3]) == ("P8", False)
    assert bench.query("select reason, value from lake.ledger.dead_letters") == [("missing_key", None)]
    bench.proves_exact(rows=2, dead_letters=1)


def test_a_contract_that_takes_no_tombstones(
    kafka: str, new_topic: Callable[..., str], catalog: tuple[str, Path]
) -> None:
    bench = Bench(kafka, new_topic, catalog, contract="bank.transactions")
    assert bench.contract.tombstone == "reject"
    bench.send([None])
    bench.land()
    assert bench.query("select reason, value from lake.ledger.dead_letters") == [("tombstone", None)]
    bench.proves_exact(rows=0, dead_letters=1)
