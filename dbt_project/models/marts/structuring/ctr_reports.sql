with recursive ctr as (
    select * from {{ ref('ctr_due') }}
),

cash as (
    select * from {{ ref('int_cash_by_person') }}
),

unnested as (
    select
        ctr_id,
        party_id,
        period,
        unnest(transaction_ids) as transaction_id
    from ctr
),

counted as (
    select
        unnested.*,
        cash.person_role = 'holder' as is_holder
    from unnested
    inner join cash
        on unnested.transaction_id = cash.transaction_id
        and unnested.party_id = cash.person_id
),

told_for_holders as (
    select distinct transaction_id from counted where is_holder
),

couriers as (
    select
        counted.party_id,
        counted.period
    from counted
    left join told_for_holders on counted.transaction_id = told_for_holders.transaction_id
    group by all
    having bool_and(not counted.is_holder and told_for_holders.transaction_id is not null)
),

members as (
    select counted.*
    from counted
    anti join couriers on counted.party_id = couriers.party_id and counted.period = couriers.period
),

links as (
    select distinct
        members.ctr_id,
        others.ctr_id as other_ctr_id
    from members
    inner join members as others on members.transaction_id = others.transaction_id
    union
    select distinct
        members.ctr_id,
        others.ctr_id as other_ctr_id
    from members
    inner join members as others on members.party_id = others.party_id and members.period = others.period
),

reached as (
    select
        ctr_id,
        other_ctr_id
    from links
    union
    select
        reached.ctr_id,
        links.other_ctr_id
    from reached
    inner join links on reached.other_ctr_id = links.ctr_id
),

reports as (
    select
        ctr_id,
        md5('report|' || min(other_ctr_id)) as report_id
    from reached
    group by all
),

final as (
    select
        reports.ctr_id,
        reports.report_id,
        ctr.party_id,
        ctr.direction,
        ctr.jurisdiction,
        ctr.base_currency,
        ctr.reporting_threshold,
        ctr.at_threshold,
        ctr.transaction_ids,
        ctr.business_day
    from reports
    inner join ctr on reports.ctr_id = ctr.ctr_id
)

select * from final
