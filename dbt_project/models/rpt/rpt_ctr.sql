with transactions as (
    select * from {{ ref('rpt_ctr_transaction') }}
),

reports as (
    select
        report_id,
        max(jurisdiction) as jurisdiction,
        max(base_currency) as base_currency
    from {{ ref('ctr_reports') }}
    group by all
),

summed as (
    select
        report_id,
        business_day,
        coalesce(sum(base_amount) filter (where direction = 'credit'), 0)::decimal(18, 4) as cash_in,
        coalesce(sum(base_amount) filter (where direction = 'debit'), 0)::decimal(18, 4) as cash_out,
        count(*) as transaction_count,
        -- FinCEN's answers on the CTR: nobody who stood there is known, each movement is below what is reported, and a
        -- teller took at least one.
        bool_and(conductor_party_id is null and conductor_name is null and not is_reported_alone)
        and bool_or(channel = 'branch') as is_aggregated,
        bool_or(channel = 'atm') as has_atm
    from transactions
    group by all
),

final as (
    select
        summed.report_id,
        summed.business_day,
        reports.jurisdiction,
        reports.base_currency,
        summed.cash_in,
        summed.cash_out,
        summed.transaction_count,
        coalesce(summed.is_aggregated, false) as is_aggregated,
        coalesce(summed.has_atm, false) as has_atm
    from summed
    inner join reports on summed.report_id = reports.report_id
)

select * from final
