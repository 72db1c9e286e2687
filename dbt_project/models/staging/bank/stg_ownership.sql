with versions as (
    select * from {{ ref('stg_ownership_versions') }}
),

{{ latest_states('entity_id', identity='entity_id, owner_id, control_kind') }}

select * from final
