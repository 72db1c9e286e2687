"""What is asked of the lake before a range is landed again, and the statements of the switch."""

# Where each partition of the topic was landed from: below that the ledger knows nothing.
FIRST_LANDED = """
with marks as (
    select topic, topic_id, cluster_id, unnest(ranges) as range from lake.ledger.commits
),

final as (
    select range.partition as partition, min(range.first_offset) as first_offset
    from marks
    where cluster_id = $cluster_id and topic = $topic and topic_id = $topic_id
    group by all
)

select * from final
"""
# Rows and dead letters of the ranges, by partition. A row belongs to the topic if one of its commits is of the row's
# moment: offsets come again when a topic is made again, moments do not.
_WANTED = """
    select
        unnest($partitions::integer[]) as partition,
        unnest($firsts::bigint[]) as first_offset,
        unnest($nexts::bigint[]) as next_offset
"""
_MOMENTS = """
    select committed_at from lake.ledger.commits
    where cluster_id = $cluster_id and topic = $topic and topic_id = $topic_id
"""
STANDING = f"""
with wanted as ({_WANTED}),

rows as (
    select wanted.partition, count(*) as rows
    from lake.landing.{{table}} as landing
    inner join wanted
        on landing._partition = wanted.partition
        and landing._offset >= wanted.first_offset and landing._offset < wanted.next_offset
    where landing._landed_at in ({_MOMENTS})
    group by all
),

letters as (
    select
        wanted.partition,
        count(*) filter (where replay_commit_id is null) as dead_letters,
        count(*) filter (where replay_commit_id is null and resolved_at is not null) as resolved
    from lake.ledger.dead_letters as letter
    inner join wanted
        on letter.partition = wanted.partition
        and letter."offset" >= wanted.first_offset and letter."offset" < wanted.next_offset
    where cluster_id = $cluster_id and topic = $topic and topic_id = $topic_id
    group by all
),

final as (
    select
        wanted.partition,
        coalesce(rows.rows, 0) as rows,
        coalesce(letters.dead_letters, 0) as dead_letters,
        coalesce(letters.resolved, 0) as resolved
    from wanted
    left join rows using (partition)
    left join letters using (partition)
    order by partition
)

select * from final
"""  # noqa: S608
# What landed of a time but is no longer in the topic, by partition.
GONE = f"""
with held as (
    select unnest($partitions::integer[]) as partition, unnest($starts::bigint[]) as log_start
),

gone as (
    select _partition as partition, _offset as "offset"
    from lake.landing.{{table}}
    where _landed_at in ({_MOMENTS})
        and _timestamp >= $from_time::timestamp and ($to_time is null or _timestamp < $to_time::timestamp)
    union all
    select partition, "offset"
    from lake.ledger.dead_letters
    where cluster_id = $cluster_id and topic = $topic and topic_id = $topic_id and replay_commit_id is null
        and timestamp >= $from_time::timestamp and ($to_time is null or timestamp < $to_time::timestamp)
),

final as (
    select partition, min("offset") as first_offset, max("offset") as last_offset
    from gone
    inner join held using (partition)
    where "offset" < log_start
    group by all
    order by partition
)

select * from final
"""  # noqa: S608
# Letters that an officer settled without landing them: they stay as they are.
RESOLVED = f"""
with wanted as ({_WANTED}),

final as (
    select letter.partition, letter."offset"
    from lake.ledger.dead_letters as letter
    inner join wanted
        on letter.partition = wanted.partition
        and letter."offset" >= wanted.first_offset and letter."offset" < wanted.next_offset
    where cluster_id = $cluster_id and topic = $topic and topic_id = $topic_id
        and replay_commit_id is null and resolved_at is not null
    order by all
)

select * from final
"""  # noqa: S608
ROWS_READ = "insert into read_again select _partition, _offset from read_parquet(?)"
LETTERS_READ = 'insert into read_again select partition, "offset" from read_parquet(?)'
# Only what was read again goes; what the topic no longer has stays. The bounds let files be passed over.
DELETE_ROWS = f"""
delete from lake.landing.{{table}}
where _offset >= $lowest and _offset < $highest
    and _landed_at in ({_MOMENTS})
    and exists (select 1 from read_again where partition = _partition and "offset" = _offset)
"""  # noqa: S608
# A letter that was replayed is a row, and counted as one.
REPLACED_LETTERS = """
select count(*)
from lake.ledger.dead_letters as letter
semi join read_again on read_again.partition = letter.partition and read_again."offset" = letter."offset"
where cluster_id = $cluster_id and topic = $topic and topic_id = $topic_id and replay_commit_id is null
"""
DELETE_LETTERS = """
delete from lake.ledger.dead_letters as letter
where letter.cluster_id = $cluster_id and letter.topic = $topic and letter.topic_id = $topic_id
    and exists (
        select 1 from read_again
        where read_again.partition = letter.partition and read_again."offset" = letter."offset"
    )
"""
INSERT_LETTERS = """
insert into lake.ledger.dead_letters by name
select *, $commit_id as commit_id, $cluster_id as cluster_id, $topic_id as topic_id, $landed_at::timestamp as landed_at
from read_parquet($files::varchar[])
"""
RECORDED = """
select
    commit_id,
    list_sum(list_transform(ranges, lambda each: each.messages))::bigint as messages,
    rows_before,
    rows_after,
    dead_letters_before,
    dead_letters_after,
    kept,
    before_snapshot,
    rewound_at
from lake.ledger.rewinds
where commit_id = ?
"""
