with repeats as (
    select * from {{ ref('stg_transaction_repeats') }}
),

final as (
    select
        idempotency_key,
        kept_transaction_id as transaction_id,
        count(*) as resends,
        max(_landed_at) as last_landed_at
    from repeats
    where len(differing_fields) = 0
    group by all
)

select * from final
