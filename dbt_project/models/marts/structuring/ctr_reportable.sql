with cash as (
    select * from {{ ref('int_cash_by_person_day') }}
),

-- The threshold of the law is the same for all customers, so that of the unknown segment stands for all.
parameters as (
    select * from (
        {{ scenario_parameters('ctr', ['reporting_threshold']) }}
    )
    where segment = 'unknown'
),

final as (
    select
        md5(concat_ws('|', 'ctr', cash.person_id, cash.business_day, cash.direction)) as ctr_id,
        cash.person_id as party_id,
        case when cash.direction = 'credit' then 'in' else 'out' end as direction,
        cash.jurisdiction,
        cash.base_currency,
        cash.cash_amount,
        parameters.reporting_threshold,
        cash.transaction_count,
        cash.transaction_ids,
        cash.account_ids,
        cash.conductor_ids,
        cash.business_day,
        cash.last_booked_at
    from cash
    inner join parameters
        on cash.jurisdiction = parameters.jurisdiction
        and cash.business_day between parameters.first_day and parameters.last_day
    where cash.cash_amount > parameters.reporting_threshold
)

select * from final
