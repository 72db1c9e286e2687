with versions as (
    select
        * exclude (valid_from, valid_to),
        valid_from as held_from,
        valid_to as held_to
    from {{ ref('stg_ownership_versions') }}
),

{{ state_history('entity_id', identity=['entity_id', 'owner_id', 'control_kind']) }},

final as (
    select * from periods
)

select * from final
