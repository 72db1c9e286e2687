with ownership as (
    select * from {{ ref('stg_ownership') }} where not is_deleted
),

survivors as (
    select * from {{ ref('int_party_survivors') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

-- Interests of parties that were merged into one are that one's, each kind once: the state that was sent last.
final as (
    select
        coalesce(entities.survivor_id, ownership.entity_id) as entity_id,
        coalesce(owners.survivor_id, ownership.owner_id) as owner_id,
        ownership.control_kind,
        ownership.share_percent,
        ownership.valid_from as held_from,
        ownership.valid_to as held_to
    from ownership
    cross join as_of
    left join survivors as entities on ownership.entity_id = entities.party_id
    left join survivors as owners on ownership.owner_id = owners.party_id
    where
        coalesce(ownership.valid_from <= as_of.day, true)
        and coalesce(ownership.valid_to >= as_of.day, true)
    qualify row_number() over (
        partition by
            coalesce(entities.survivor_id, ownership.entity_id),
            coalesce(owners.survivor_id, ownership.owner_id),
            ownership.control_kind
        order by ownership.changed_at desc, ownership._offset desc
    ) = 1
)

select * from final
