with ctr as (
    select * from {{ ref('ctr_reportable') }}
),

reports as (
    select * from {{ ref('ctr_reports') }}
),

movements as (
    select * from {{ ref('rpt_ctr_movement') }}
),

parties as (
    select * from {{ ref('stg_parties') }}
),

-- A movement of several exempt holders has a row of each.
exempt as (
    select
        transaction_id,
        list(exemption_id) as exemption_ids
    from {{ ref('ctr_exempted') }}
    group by all
),

exempted as (
    select
        movements.ctr_id,
        sum(movements.base_amount)::decimal(18, 4) as exempted_amount,
        list_sort(list_distinct(flatten(list(exempt.exemption_ids)))) as exemption_ids
    from movements
    inner join exempt on movements.transaction_id = exempt.transaction_id
    group by all
),

moved as (
    select
        ctr_id,
        list_sort(list(distinct account_number)) as account_numbers,
        coalesce(list_sort(list(distinct conductor_name) filter (where conductor_name is not null)), [])
            as conductor_names,
        coalesce(list_sort(list(distinct branch_id) filter (where branch_id is not null)), []) as branch_ids
    from movements
    group by all
),

final as (
    select
        ctr.ctr_id,
        reports.report_id,
        ctr.party_id,
        parties.name,
        parties.party_type,
        parties.tax_id,
        parties.residence_country,
        ctr.direction,
        ctr.jurisdiction,
        ctr.base_currency,
        moved.account_numbers,
        moved.conductor_names,
        moved.branch_ids,
        coalesce(exempted.exemption_ids, []) as exemption_ids,
        ctr.cash_amount,
        coalesce(exempted.exempted_amount, 0)::decimal(18, 4) as exempted_amount,
        ctr.reporting_threshold,
        ctr.transaction_count,
        ctr.first_business_day,
        ctr.business_day
    from ctr
    inner join moved on ctr.ctr_id = moved.ctr_id
    left join reports on ctr.ctr_id = reports.ctr_id
    left join exempted on ctr.ctr_id = exempted.ctr_id
    left join parties on ctr.party_id = parties.party_id
)

select * from final
