with versions as (
    select * from {{ ref('stg_account_versions') }}
),

{{ state_history('account_id') }},

final as (
    select * from periods
)

select * from final
