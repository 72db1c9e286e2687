with ctr as (
    select * from {{ ref('ctr_reportable') }}
),

final as (
    select
        ctr_id,
        party_id,
        business_day,
        direction,
        cash_amount,
        base_currency,
        transaction_ids,
        account_ids,
        conductor_ids
    from ctr
)

select * from final
