with ctr as (
    select * from {{ ref('ctr_reportable') }}
),

cash as (
    select * from {{ ref('int_cash_by_person') }}
),

exempted as (
    select distinct transaction_id from {{ ref('ctr_exempted') }}
),

moved as (
    select
        ctr_id,
        party_id,
        unnest(transaction_ids) as transaction_id
    from ctr
),

left_over as (
    select
        moved.ctr_id,
        sum(cash.base_amount)::decimal(18, 4) as cash_amount,
        count(*) as transaction_count,
        list_sort(list(moved.transaction_id)) as transaction_ids
    from moved
    inner join cash on moved.transaction_id = cash.transaction_id and moved.party_id = cash.person_id
    anti join exempted on moved.transaction_id = exempted.transaction_id
    group by all
),

final as (
    select
        ctr.ctr_id,
        ctr.party_id,
        ctr.direction,
        ctr.jurisdiction,
        ctr.period,
        ctr.base_currency,
        left_over.cash_amount,
        ctr.reporting_threshold,
        ctr.at_threshold,
        left_over.transaction_count,
        left_over.transaction_ids,
        ctr.business_day
    from ctr
    inner join left_over on ctr.ctr_id = left_over.ctr_id
    where
        left_over.cash_amount > ctr.reporting_threshold
        or (left_over.cash_amount = ctr.reporting_threshold and ctr.at_threshold)
)

select * from final
