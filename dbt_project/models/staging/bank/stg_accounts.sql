with versions as (
    select * from {{ ref('stg_account_versions') }}
),

{{ latest_states('account_id') }}

select * from final
