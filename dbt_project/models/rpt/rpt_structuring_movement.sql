with alerts as (
    select
        alert_id,
        subject_id,
        unnest(evidence) as transaction_id
    from {{ ref('alerts') }}
),

told as (
    select * from {{ ref('rpt_structuring_alert') }}
),

cash as (
    select * from {{ ref('int_cash_by_person') }}
),

transactions as (
    select * from {{ ref('stg_transactions') }}
),

accounts as (
    select * from {{ ref('stg_accounts') }}
),

jurisdictions as (
    select * from {{ ref('jurisdictions') }}
),

final as (
    select
        told.alert_id,
        alerts.transaction_id,
        told.party_id,
        cash.person_role,
        cash.account_id,
        coalesce(accounts.account_number, cash.account_id) as account_number,
        cash.direction,
        transactions.conductor_name,
        cash.branch_id,
        transactions.place_town,
        cash.base_currency,
        cash.base_amount,
        (told.reporting_threshold - cash.base_amount)::decimal(18, 4) as below_threshold,
        timezone(jurisdictions.time_zone, timezone('UTC', cash.booked_at)) as booked_at,
        cash.business_day,
        transactions._topic,
        transactions._partition,
        transactions._offset
    from told
    inner join alerts on told.alert_id = alerts.alert_id
    inner join cash on alerts.subject_id = cash.person_id and alerts.transaction_id = cash.transaction_id
    inner join transactions on alerts.transaction_id = transactions.transaction_id
    inner join jurisdictions on cash.jurisdiction = jurisdictions.jurisdiction
    left join accounts on cash.account_id = accounts.account_id
)

select * from final
