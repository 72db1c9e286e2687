"""What is asked of the lake to seal it, and to verify its seals."""

# The offsets that are done with, by generation of the topic (a topic made again begins anew) and partition.
CLOSED = """
with spans as (
    select cluster_id, topic, topic_id, unnest(ranges) as span from lake.ledger.commits at (version => {pin})
),

final as (
    select
        cluster_id,
        topic,
        topic_id,
        span.partition as partition,
        min(span.first_offset) as first_offset,
        max(span.next_offset) as next_offset
    from spans
    group by all
)

select * from final order by topic, cluster_id, topic_id, partition
"""

# Seals as they were made, each with the snapshot that still has what it is about if that was landed again since.
SEALS = """
with rewinds as (
    select cluster_id, topic, topic_id, before_snapshot, rewound_by, reason, unnest(ranges) as span
    from lake.ledger.rewinds
),

touched as (
    select
        seals.number,
        min(rewinds.before_snapshot) as replaced_after
    from lake.ledger.seals as seals
    inner join rewinds
        on seals.cluster_id = rewinds.cluster_id
        and seals.topic = rewinds.topic
        and seals.topic_id = rewinds.topic_id
        and seals.partition = rewinds.span.partition
        and seals.first_offset < rewinds.span.next_offset
        and seals.next_offset > rewinds.span.first_offset
        and seals.snapshot <= rewinds.before_snapshot
    group by all
),

final as (
    select
        seals.number,
        seals.cluster_id,
        seals.topic,
        seals.topic_id,
        seals.partition,
        seals.first_offset,
        seals.next_offset,
        seals.rows,
        seals.dead_letters,
        seals.columns,
        seals.digest,
        seals.chain,
        seals.snapshot,
        seals.sealed_at,
        touched.replaced_after
    from lake.ledger.seals as seals
    left join touched on seals.number = touched.number
)

select * from final order by number
"""

# The rows of a range, each as one text. Those of another generation of the topic have moments of their own; what came
# of a dead letter is sealed with the letter, since it lands when somebody sees to it.
ROWS = """
with others as (
    select committed_at
    from lake.ledger.commits at (version => {pin})
    where topic = $topic and (cluster_id <> $cluster_id or topic_id <> $topic_id)
),

replayed as (
    select "offset"
    from lake.ledger.dead_letters at (version => {pin})
    where cluster_id = $cluster_id and topic = $topic and topic_id = $topic_id and partition = $partition
        and replay_commit_id is not null
),

landed as (
    select *
    from lake.landing.{table} at (version => {pin})
    where _partition = $partition and _offset >= $first_offset and _offset < $next_offset
),

final as (
    select {text} as canonical, _offset
    from landed
    where _landed_at not in (from others) and _offset not in (from replayed)
)

select canonical from final order by _offset, canonical
"""

LETTERS = """
with letters as (
    select partition, "offset", timestamp, key, value, headers
    from lake.ledger.dead_letters at (version => {pin})
    where cluster_id = $cluster_id and topic = $topic and topic_id = $topic_id and partition = $partition
        and "offset" >= $first_offset and "offset" < $next_offset
),

final as (
    select {text} as canonical, "offset" from letters
)

select canonical from final order by "offset", canonical
"""
