"""What the lake and its ledger say about a topic: the queries of a reconciliation, in the order they run."""

# A row belongs to the commit of the same moment whose range holds its offset; that tells rows of a topic from those of
# a former one of the same name, whose offsets are the same again. Dead letters have no place in the table; one that was
# replayed is a row, which stands behind those of higher offsets by right. So do the rows of a rewind, which have an
# order of their own.
SEEN = """
create or replace temp table seen as
with commits as (
    select commit_id, topic_id, committed_at, unnest(ranges) as range from lake.ledger.commits where topic = $topic
),

rewinds as (
    select commit_id from lake.ledger.rewinds where topic = $topic
),

letters as (
    select topic_id, partition, "offset", replay_commit_id from lake.ledger.dead_letters where topic = $topic
),

landing as (
    select rowid as place, _landed_at, _partition, _offset from lake.landing.{table}
),

landed as (
    select
        commits.topic_id,
        landing._partition as partition,
        landing._offset as "offset",
        landing.place,
        letters.replay_commit_id is not null as is_replayed,
        rewinds.commit_id as rewind_id
    from landing
    left join commits
        on commits.committed_at = landing._landed_at and commits.range.partition = landing._partition
        and landing._offset >= commits.range.first_offset and landing._offset < commits.range.next_offset
    left join letters
        on letters.replay_commit_id = commits.commit_id and letters.topic_id = commits.topic_id
        and letters.partition = landing._partition and letters."offset" = landing._offset
    left join rewinds on commits.commit_id = rewinds.commit_id
),

dead_letters as (
    select topic_id, partition, "offset", null as place, false as is_replayed, null as rewind_id
    from letters
    where replay_commit_id is null
),

final as (
    select * from landed
    union all
    select * from dead_letters
)

select * from final
"""

# Where each partition begins and ends: the ledger's next offset, or where a former topic was closed.
BOUNDS = """
create or replace temp table bounds as
with commits as (
    select commit_id, topic_id, unnest(ranges) as range from lake.ledger.commits where topic = $topic
),

gaps as (
    select topic_id, partition, from_offset, to_offset from lake.ledger.gaps where topic = $topic
),

offsets as (
    select topic_id, partition, next_offset from lake.ledger.offsets where topic = $topic
),

marks as (
    select topic_id, range.partition as partition, range.first_offset as first_offset, null as next_offset,
        range.next_offset - range.first_offset - range.messages as noted_holes, 0 as gap
    from commits
    -- The holes of a rewind were noted when its range landed first.
    where commit_id not in (select commit_id from lake.ledger.rewinds)
    union all
    select topic_id, partition, from_offset, if(to_offset is null, from_offset, null), 0,
        coalesce(to_offset - from_offset, 0)
    from gaps
    union all
    select topic_id, partition, next_offset, next_offset, 0, 0 from offsets
),

bounds as (
    select
        topic_id,
        partition,
        min(first_offset) as first_offset,
        max(next_offset) as next_offset,
        sum(noted_holes)::bigint as noted_holes,
        sum(gap)::bigint as gaps
    from marks
    group by all
)

select * from bounds
"""

COUNTED = """
with ordered as (
    select *, "offset" < lag("offset") over in_order as is_late
    from seen
    where place is not null and not is_replayed
    window in_order as (partition by topic_id, partition, rewind_id order by place)
),

late as (
    select topic_id, partition, count(*) filter (where is_late) as out_of_order from ordered group by all
),

counts as (
    select
        topic_id,
        partition,
        count(place) as rows,
        count(*) - count(place) as dead_letters,
        count(*) - count(distinct "offset") as twice
    from seen
    group by all
),

strays as (
    select partition, count(*) as strays from seen where topic_id is null group by all
),

final as (
    select
        bounds.topic_id,
        bounds.partition,
        bounds.first_offset,
        bounds.next_offset,
        bounds.noted_holes,
        bounds.gaps,
        coalesce(counts.rows, 0) as rows,
        coalesce(counts.dead_letters, 0) as dead_letters,
        coalesce(counts.twice, 0) as twice,
        coalesce(strays.strays, 0) as strays,
        coalesce(late.out_of_order, 0) as out_of_order
    from bounds
    left join counts using (topic_id, partition)
    left join late using (topic_id, partition)
    left join strays using (partition)
    order by bounds.topic_id, bounds.partition
)

select * from final
"""

MISSING = """
with gaps as (
    select topic_id, partition, from_offset, to_offset from lake.ledger.gaps where topic = $topic
),

stretches as (
    select topic_id, partition, "offset" as from_offset, "offset" + 1 as to_offset from seen where topic_id is not null
    union all
    select topic_id, partition, from_offset, to_offset from gaps where to_offset is not null
    union all
    select topic_id, partition, first_offset, first_offset from bounds
    union all
    select topic_id, partition, next_offset, next_offset from bounds
),

followed as (
    select
        topic_id,
        partition,
        max(to_offset) over reached as first_offset,
        lead(from_offset) over reached as next_offset
    from stretches
    window reached as (partition by topic_id, partition order by from_offset, to_offset)
),

final as (
    select topic_id, partition, first_offset, next_offset
    from followed
    where next_offset > first_offset
    order by all
)

select * from final
"""
