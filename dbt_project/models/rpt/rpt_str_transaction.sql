with cases as (
    select * from {{ ref('rpt_str_case') }}
),

case_transactions as (
    select * from {{ ref('case_transactions') }}
),

transactions as (
    select * from {{ ref('stg_transactions') }}
),

final as (
    select
        case_transactions.case_id,
        transactions.transaction_id,
        transactions.end_to_end_id,
        transactions.booked_at,
        transactions.value_date,
        transactions.direction,
        transactions.method,
        transactions.channel,
        transactions.account_id,
        transactions.instructed_amount,
        transactions.instructed_currency,
        transactions.settled_amount,
        transactions.settled_currency,
        case_transactions.base_amount,
        case_transactions.base_currency,
        transactions.debtor_name,
        transactions.debtor_party_id,
        transactions.debtor_account_id,
        transactions.debtor_agent,
        transactions.debtor_country,
        transactions.creditor_name,
        transactions.creditor_party_id,
        transactions.creditor_account_id,
        transactions.creditor_agent,
        transactions.creditor_country,
        transactions.conductor_party_id,
        transactions.conductor_name,
        transactions.branch_id,
        transactions.place_town,
        transactions.place_country,
        transactions.device_id,
        transactions.ip_address,
        transactions.purpose,
        transactions.remittance_information,
        transactions._topic,
        transactions._partition,
        transactions._offset
    from case_transactions
    inner join cases on case_transactions.case_id = cases.case_id
    inner join transactions on case_transactions.transaction_id = transactions.transaction_id
)

select * from final
