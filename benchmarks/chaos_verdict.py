"""What landed, held against what the producers know: by number, partition and offset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import duckdb
import pyarrow as pa
from chaos_feeds import Bad, Feed
from chaos_producer import Acknowledged, Sent

from contracts import contract_for

COUNTS = ("acknowledged", "rows", "dead_letters")

_LANDED = """
create or replace temp table landed as
select _partition as partition, _offset as "offset", rowid as place,
    try_cast(replace("{column}", $prefix, '') as bigint) as number
from lake.landing.{table}
"""

_JUDGED = """
with good as (
    select * from sent where bad = 0
),

aborted as (
    select number from aborted_numbers
),

unsure as (
    select number from unknown_numbers
),

lost as (
    select count(*) as lost from good anti join landed using (partition, "offset", number)
),

twice as (
    select
        count(*) - count(distinct (partition, "offset")) as offsets_twice,
        count(*) - count(distinct number) as ids_twice
    from landed
),

of_aborted as (
    select count(*) as aborted_landed from landed semi join aborted using (number)
),

strange as (
    select count(*) as never_acknowledged
    from landed anti join good using (partition, "offset", number) anti join unsure using (number)
),

ordered as (
    select "offset" < lag("offset") over (partition by partition order by place) as is_late from landed
),

late as (
    select count(*) filter (where is_late) as out_of_order from ordered
),

counted as (
    select count(*) as rows from landed
),

final as (
    select * from counted, lost, twice, of_aborted, strange, late
)

select * from final
"""

_UNSURE = "select number from landed semi join unknown_numbers using (number)"
_LETTERS = 'select partition, "offset", reason, value from lake.ledger.dead_letters where topic = $topic'


def judge(connection: duckdb.DuckDBPyConnection, feeds: Sequence[Feed], sent: Sent) -> dict[str, int]:
    """The sums over all topics; all but those of ``COUNTS`` must be 0."""
    total: Counter[str] = Counter(acknowledged=sent.total())
    unknown = [message for group in sent.unknown for message in group]
    _register(connection, "aborted_numbers", sorted(sent.aborted))
    _register(connection, "unknown_numbers", sorted(message.number for message in unknown))
    seen: set[int] = set()
    for place, (feed, acknowledged) in enumerate(zip(feeds, sent.acknowledged, strict=True)):
        doubtful = {feed.bad(message.number) for message in unknown if message.feed == place and message.is_bad}
        total.update(_rows(connection, feed, acknowledged))
        total.update(_dead_letters(connection, feed, acknowledged, doubtful))
        seen |= {row[0] for row in connection.execute(_UNSURE).fetchall()}
    groups = [[message.number in seen for message in group if not message.is_bad] for group in sent.unknown]
    total["transactions_torn"] = sum(any(group) and not all(group) for group in groups)
    return dict(total)


def is_right(found: dict[str, int]) -> bool:
    """Whether nothing is lost, twice, strange or out of order."""
    return not any(count for name, count in found.items() if name not in COUNTS)


def _rows(connection: duckdb.DuckDBPyConnection, feed: Feed, acknowledged: Acknowledged) -> dict[str, int]:
    columns = {name: pa.array(getattr(acknowledged, name)) for name in ("numbers", "partitions", "offsets", "bad")}
    connection.register("sent", pa.table(list(columns.values()), names=["number", "partition", "offset", "bad"]))
    connection.execute(
        _LANDED.format(table=contract_for(feed.topic).table, column=feed.column), {"prefix": feed.prefix}
    )
    cursor = connection.execute(_JUDGED)
    names = [column[0] for column in cursor.description or []]
    return dict(zip(names, cursor.fetchall()[0], strict=True))


def _dead_letters(
    connection: duckdb.DuckDBPyConnection, feed: Feed, acknowledged: Acknowledged, doubtful: set[Bad]
) -> dict[str, int]:
    """Dead letters must be the bad messages, each once, byte for byte and with its reason."""
    places = zip(acknowledged.partitions, acknowledged.offsets, acknowledged.numbers, acknowledged.bad, strict=True)
    expected = {(partition, offset): feed.bad(number) for partition, offset, number, bad in places if bad}
    letters = connection.execute(_LETTERS, {"topic": feed.topic}).fetchall()
    wrong = 0
    for partition, offset, reason, value in letters:
        due = expected.pop((partition, offset), None)
        wrong += (value, reason) != due if due else (value, reason) not in doubtful
    return {"dead_letters": len(letters), "dead_letters_missing": len(expected), "dead_letters_wrong": wrong}


def _register(connection: duckdb.DuckDBPyConnection, name: str, numbers: list[int]) -> None:
    connection.register(name, pa.table({"number": pa.array(numbers, pa.int64())}))
