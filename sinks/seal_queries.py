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
    select
        rewinds.cluster_id,
        rewinds.topic,
        rewinds.topic_id,
        rewinds.before_snapshot,
        rewinds.rewound_by,
        rewinds.reason,
        -- Others may have committed between the snapshot that a rewind names and its own.
        rewinds.snapshot_id as switched_at,
        unnest(rewinds.ranges) as span
    from lake.ledger.rewinds as rewinds
    inner join lake.ledger.commits as commits
        on rewinds.commit_id = commits.commit_id
        and rewinds.ranges = commits.ranges
        -- A rewind and its commit are of one transaction; the commit of another landing is none.
        and rewinds.snapshot_id = commits.snapshot_id
),

touched as (
    select
        seals.number,
        min(rewinds.before_snapshot) as replaced_after,
        arg_min(rewinds.rewound_by || ': ' || rewinds.reason, rewinds.before_snapshot) as replaced_by
    from lake.ledger.seals as seals
    inner join rewinds
        on seals.cluster_id = rewinds.cluster_id
        and seals.topic = rewinds.topic
        and seals.topic_id = rewinds.topic_id
        and seals.partition = rewinds.span.partition
        and seals.first_offset < rewinds.span.next_offset
        and seals.next_offset > rewinds.span.first_offset
        and seals.snapshot < rewinds.switched_at
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
        seals.ledger,
        seals.chain,
        seals.snapshot,
        seals.sealed_at,
        touched.replaced_after,
        touched.replaced_by
    from lake.ledger.seals as seals
    left join touched on seals.number = touched.number
)

select * from final order by number
"""

# The rows of a range, each as one text. Those of another generation of the topic have moments of their own; what came
# of a dead letter after snapshot $sealed is not of that seal, but of the next one of the range.
ROWS = """
with commits as (
    select commit_id, cluster_id, topic_id, committed_at, snapshot_id as landed_in, unnest(ranges) as span
    from lake.ledger.commits at (version => {pin})
    where topic = $topic
),

others as (
    select committed_at, span.first_offset as first_offset, span.next_offset as next_offset
    from commits
    where (cluster_id <> $cluster_id or topic_id <> $topic_id) and span.partition = $partition
),

all_letters as (
    select * from lake.ledger.dead_letters at (version => {pin})
),

letters as (
    select "offset", replay_commit_id
    from all_letters
    where cluster_id = $cluster_id and topic = $topic and topic_id = $topic_id and partition = $partition
        and replay_commit_id <> commit_id
),

replayed as (
    select letters."offset", commits.committed_at
    from letters
    inner join commits
        on letters.replay_commit_id = commits.commit_id
        and commits.span.partition = $partition
        and letters."offset" >= commits.span.first_offset
        and letters."offset" < commits.span.next_offset
        and commits.landed_in > $sealed
),

landed as (
    select *
    from lake.landing.{table} at (version => {pin})
    where _partition = $partition and _offset >= $first_offset and _offset < $next_offset
),

own as (
    select landed.*
    from landed
    anti join others
        on landed._landed_at = others.committed_at
        and landed._offset >= others.first_offset
        and landed._offset < others.next_offset
),

-- A second row of the same letter is not what came of it.
numbered as (
    select
        own.*,
        replayed.committed_at is not null
        and row_number() over (partition by own._offset, own._landed_at order by own._offset) = 1 as is_replayed
    from own
    left join replayed on own._offset = replayed."offset" and own._landed_at = replayed.committed_at
),

final as (
    select {text} as canonical, _offset
    from numbered
    where not is_replayed
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

# What the ledger had told of a range by snapshot $sealed: the commits that landed it, and its rewinds. Whoever alters a
# row of the ledger makes a snapshot, and the row is of that one from then on.
LEDGER = """
with commits as (
    select commit_id, committed_at as at, unnest(ranges) as span
    from lake.ledger.commits at (version => {pin})
    where cluster_id = $cluster_id and topic = $topic and topic_id = $topic_id and snapshot_id <= $sealed
),

rewinds as (
    select commit_id, rewound_at as at, before_snapshot, rewound_by, reason, unnest(ranges) as span
    from lake.ledger.rewinds at (version => {pin})
    where cluster_id = $cluster_id and topic = $topic and topic_id = $topic_id and snapshot_id <= $sealed
),

told as (
    select 'commit' as kind, * from commits
    union all by name
    select 'rewind' as kind, * from rewinds
),

ranged as (
    select
        * exclude (span),
        span.first_offset as first_offset,
        span.next_offset as next_offset,
        span.messages as messages
    from told
    where span.partition = $partition
        and span.first_offset < $next_offset
        and span.next_offset > $first_offset
),

final as (
    select {text} as canonical from ranged
)

select canonical from final order by canonical
"""

# What came of dead letters, by range of generation and partition, with the snapshot in which it landed.
REPLAYS = """
with commits as (
    select commit_id, snapshot_id as landed_in from lake.ledger.commits at (version => {pin})
),

letters as (
    select * from lake.ledger.dead_letters at (version => {pin})
)

select
    letters.cluster_id, letters.topic, letters.topic_id, letters.partition,
    letters."offset", max(commits.landed_in) as landed_in
from letters
inner join commits on letters.replay_commit_id = commits.commit_id and letters.replay_commit_id <> letters.commit_id
group by all
"""

TOPICS = "select distinct topic from lake.ledger.commits at (version => {pin}) where topic is not null order by topic"

# Rows that no commit of their moment has in its ranges, so that no seal is about them.
STRAYS = """
with commits as (
    select committed_at, unnest(ranges) as span
    from lake.ledger.commits at (version => {pin})
    where topic = $topic
),

spans as (
    select
        committed_at,
        span.partition as partition,
        span.first_offset as first_offset,
        span.next_offset as next_offset
    from commits
),

landed as (
    select _partition, _offset, _landed_at from lake.landing.{table} at (version => {pin})
),

final as (
    select landed._partition, landed._offset
    from landed
    anti join spans
        on landed._landed_at = spans.committed_at
        and landed._partition = spans.partition
        and landed._offset >= spans.first_offset
        and landed._offset < spans.next_offset
)

select _partition, min(_offset), max(_offset), count(*) from final group by all order by all
"""
