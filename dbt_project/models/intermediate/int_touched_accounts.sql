with movements as (
    select * from {{ ref('int_movements') }}
),

conflicts as (
    select * from {{ ref('stg_transaction_conflicts') }}
),

final as (
    select
        account_id,
        max(_pin) as _pin
    from movements
    group by all
    union all
    -- A row that was taken for the first of its key until an earlier one landed, maybe on another account.
    select
        account_id,
        kept_pin as _pin
    from conflicts
)

select * from final
