with versions as (
    select * from {{ ref('stg_watchlist_versions') }}
),

{{ latest_states('entry_id') }}

select * from final
