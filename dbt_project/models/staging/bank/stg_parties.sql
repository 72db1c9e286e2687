with versions as (
    select * from {{ ref('stg_party_versions') }}
),

{{ latest_states('party_id') }}

select * from final
