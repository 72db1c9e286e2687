with versions as (
    select * from {{ ref('stg_party_versions') }}
),

deletions as (
    select
        party_id,
        max(_offset) as deleted_at_offset
    from versions
    where is_deletion
    group by all
),

latest as (
    select *
    from versions
    where not is_deletion
    qualify row_number() over (partition by party_id order by changed_at desc, _offset desc) = 1
),

-- Events of one key share a partition, so a deletion took place if its offset lies behind the latest state's.
final as (
    select
        latest.* exclude (is_deletion),
        coalesce(deletions.deleted_at_offset > latest._offset, false) as is_deleted
    from latest
    left join deletions on latest.party_id = deletions.party_id
)

select * from final
