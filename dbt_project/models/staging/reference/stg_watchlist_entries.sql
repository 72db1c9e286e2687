with versions as (
    select * from {{ ref('stg_watchlist_versions') }}
),

deletions as (
    select
        entry_id,
        max(_offset) as deleted_at_offset
    from versions
    where is_deletion
    group by all
),

latest as (
    select *
    from versions
    where not is_deletion
    qualify row_number() over (partition by entry_id order by changed_at desc, _offset desc) = 1
),

-- Events of one key share a partition, so a deletion took place if its offset lies behind the latest state's.
final as (
    select
        latest.* exclude (is_deletion),
        coalesce(deletions.deleted_at_offset > latest._offset, false) as is_deleted
    from latest
    left join deletions on latest.entry_id = deletions.entry_id
)

select * from final
