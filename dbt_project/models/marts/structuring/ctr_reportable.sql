with cash as (
    select * from {{ ref('int_cash_by_person') }}
),

-- The threshold of the law is the same for all customers, so that of the unknown segment stands for all.
parameters as (
    select * from (
        {{ scenario_parameters('ctr', [
            'reporting_threshold', 'at_threshold', 'aggregation_days', 'counts_withdrawals'
        ]) }}
    )
    where segment = 'unknown'
),

counted as (
    select
        cash.*,
        parameters.reporting_threshold,
        parameters.at_threshold,
        case parameters.aggregation_days
            when 0 then cash.transaction_id
            when 1 then cash.business_day::varchar
            when 31 then strftime(cash.business_day, '%Y-%m')
            else error(format(
                'seeds/scenario_parameters.csv gives ctr the aggregation_days {}; there are 0 (each movement alone), '
                || '1 (the business day) and 31 (the calendar month)', parameters.aggregation_days
            ))
        end as period
    from cash
    inner join parameters
        on cash.jurisdiction = parameters.jurisdiction
        and cash.business_day between parameters.first_day and parameters.last_day
    where cash.direction = 'credit' or parameters.counts_withdrawals = 1
),

summed as (
    select
        person_id,
        period,
        direction,
        jurisdiction,
        base_currency,
        reporting_threshold,
        at_threshold,
        sum(base_amount)::decimal(18, 4) as cash_amount,
        count(*) as transaction_count,
        list_sort(list(transaction_id)) as transaction_ids,
        list_sort(list(distinct account_id)) as account_ids,
        coalesce(list_sort(list(distinct conductor_party_id) filter (where conductor_party_id is not null)), [])
            as conductor_ids,
        min(business_day) as first_business_day,
        max(business_day) as business_day,
        max(booked_at) as last_booked_at
    from counted
    group by all
),

final as (
    select
        md5(concat_ws('|', 'ctr', person_id, period, direction)) as ctr_id,
        person_id as party_id,
        case when direction = 'credit' then 'in' else 'out' end as direction,
        jurisdiction,
        period,
        base_currency,
        cash_amount,
        reporting_threshold,
        at_threshold = 1 as at_threshold,
        transaction_count,
        transaction_ids,
        account_ids,
        conductor_ids,
        first_business_day,
        business_day,
        last_booked_at
    from summed
    where {{ meets_threshold('cash_amount') }}
)

select * from final
