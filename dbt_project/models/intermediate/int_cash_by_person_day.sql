with cash as (
    select * from {{ ref('int_cash_by_person') }}
),

final as (
    select
        person_id,
        business_day,
        direction,
        jurisdiction,
        base_currency,
        sum(base_amount)::decimal(18, 4) as cash_amount,
        count(*) as transaction_count,
        list_sort(list(transaction_id)) as transaction_ids,
        list_sort(list(distinct account_id)) as account_ids,
        coalesce(list_sort(list(distinct conductor_party_id) filter (where conductor_party_id is not null)), [])
            as conductor_ids,
        max(booked_at) as last_booked_at
    from cash
    group by all
)

select * from final
