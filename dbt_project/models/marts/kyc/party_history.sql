with versions as (
    select * from {{ ref('stg_party_versions') }}
),

{{ state_history('party_id') }},

final as (
    select * from periods
)

select * from final
