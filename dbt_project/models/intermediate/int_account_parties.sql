with accounts as (
    select * from {{ ref('stg_accounts') }}
),

unnested as (
    select
        account_id,
        unnest(parties, recursive := true)
    from accounts
),

final as (
    select distinct
        account_id,
        party_id,
        role
    from unnested
)

select * from final
