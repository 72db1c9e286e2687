with recursive merged as (
    select
        party_id,
        merged_into
    from {{ ref('stg_parties') }}
    where merged_into is not null and merged_into <> party_id
),

-- Merged parties may be merged again; a way that comes back to itself is not followed further.
followed as (
    select
        party_id,
        merged_into as survivor_id,
        [party_id, merged_into] as way
    from merged
    union all
    select
        followed.party_id,
        merged.merged_into,
        list_append(followed.way, merged.merged_into)
    from followed
    inner join merged on followed.survivor_id = merged.party_id
    where not list_contains(followed.way, merged.merged_into)
),

-- Parties that were merged into each other all stay.
final as (
    select
        party_id,
        survivor_id
    from followed
    where survivor_id not in (select party_id from merged)
)

select * from final
