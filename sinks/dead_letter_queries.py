"""What is asked of the ledger's dead letters, and how they are settled."""

# Which letters are meant; see ``Selection``. Every query below binds it.
_SELECTED = """
    ($topic is null or topic = $topic) and ($reason is null or reason = $reason)
    and ($partition is null or partition = $partition) and ($offset is null or "offset" = $offset)
"""
_STANDING = """
    case
        when replay_commit_id is not null then 'replayed'
        when resolved_at is not null then 'resolved'
        else 'open'
    end
"""
GROUPS = """
with letters as (
    select *, {standing} as standing from lake.ledger.dead_letters where {selected}
),

final as (
    select
        topic,
        reason,
        count(*) as letters,
        count(*) filter (where standing = 'open') as open,
        count(*) filter (where standing = 'replayed') as replayed,
        count(*) filter (where standing = 'resolved') as resolved,
        min(landed_at) as first_landed,
        max(landed_at) as last_landed
    from letters
    group by all
    order by topic, reason
)

select * from final
""".replace("{selected}", _SELECTED).replace("{standing}", _STANDING)
NEWEST = """
select *, {standing} as standing from lake.ledger.dead_letters
where {selected}
order by landed_at desc, partition desc, "offset" desc
limit 1
""".replace("{selected}", _SELECTED).replace("{standing}", _STANDING)
# One that has landed needs no resolution, and one that is resolved keeps its first.
RESOLVE = """
update lake.ledger.dead_letters
set resolved_by = $by, resolution = $why, resolved_at = $at
where {selected} and replay_commit_id is null and resolved_at is null
""".replace("{selected}", _SELECTED)
RESOLVED = """
select count(*) from lake.ledger.dead_letters
where {selected} and resolved_by = $by and resolution = $why and resolved_at = $at
""".replace("{selected}", _SELECTED)
# Open ones, or the one that is named even if it was resolved.
_REPLAYABLE = """
    {selected} and replay_commit_id is null and (resolved_at is null or $offset is not null)
""".replace("{selected}", _SELECTED)
SOURCES = """
select distinct cluster_id, topic, topic_id from lake.ledger.dead_letters where {replayable} order by all
""".replace("{replayable}", _REPLAYABLE)
NEXT = """
with letters as (
    select * from lake.ledger.dead_letters
    where {replayable} and cluster_id = $cluster_id and topic_id = $topic_id
        and (partition > $after_partition or (partition = $after_partition and "offset" > $after_offset))
),

sizes as (
    select partition, "offset", coalesce(octet_length(value), 0) as size from letters
),

reached as (
    select partition, "offset"
    from sizes
    window until_here as (order by partition, "offset")
    qualify row_number() over until_here <= $letters and sum(size) over until_here - size < $bytes
),

final as (
    select letters.*
    from letters
    inner join reached on letters.partition = reached.partition and letters."offset" = reached."offset"
    order by letters.partition, letters."offset"
)

select * from final
""".replace("{replayable}", _REPLAYABLE)
# As the ledger is moved: only what still stands as it was read, and the caller counts.
MARK = """
update lake.ledger.dead_letters as letter
set replay_commit_id = $commit_id, replayed_at = $at
from (
    select
        unnest($partitions::integer[]) as partition,
        unnest($offsets::bigint[]) as "offset",
        unnest($resolutions::timestamp[]) as resolved_at
) as landed
where letter.cluster_id = $cluster_id and letter.topic = $topic and letter.topic_id = $topic_id
    and letter.partition = landed.partition and letter."offset" = landed."offset"
    and letter.replay_commit_id is null and letter.resolved_at is not distinct from landed.resolved_at
"""
