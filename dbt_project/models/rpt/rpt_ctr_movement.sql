with ctr as (
    select
        ctr_id,
        party_id,
        unnest(transaction_ids) as transaction_id
    from {{ ref('ctr_reportable') }}
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
        ctr.ctr_id,
        ctr.transaction_id,
        ctr.party_id,
        cash.person_role,
        cash.account_id,
        coalesce(accounts.account_number, cash.account_id) as account_number,
        cash.direction,
        transactions.conductor_name,
        cash.branch_id,
        transactions.place_town,
        transactions.instructed_currency,
        cash.base_currency,
        transactions.instructed_amount,
        cash.base_amount,
        timezone(jurisdictions.time_zone, timezone('UTC', cash.booked_at)) as booked_at,
        cash.business_day,
        transactions._topic,
        transactions._partition,
        transactions._offset
    from ctr
    inner join cash on ctr.party_id = cash.person_id and ctr.transaction_id = cash.transaction_id
    inner join transactions on ctr.transaction_id = transactions.transaction_id
    inner join jurisdictions on cash.jurisdiction = jurisdictions.jurisdiction
    left join accounts on cash.account_id = accounts.account_id
)

select * from final
