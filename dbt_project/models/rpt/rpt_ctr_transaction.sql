with reports as (
    select * from {{ ref('ctr_reports') }}
),

movements as (
    select * from {{ ref('int_movements') }}
),

transactions as (
    select * from {{ ref('stg_transactions') }}
),

accounts as (
    select * from {{ ref('stg_accounts') }}
),

told as (
    select
        report_id,
        max(business_day) as business_day,
        max(reporting_threshold) as reporting_threshold,
        bool_and(at_threshold) as at_threshold,
        unnest(list_distinct(flatten(list(transaction_ids)))) as transaction_id
    from reports
    group by all
),

final as (
    select
        told.report_id,
        told.business_day,
        transactions.transaction_id,
        transactions.end_to_end_id,
        transactions.booked_at,
        transactions.value_date,
        transactions.direction,
        transactions.method,
        transactions.channel,
        transactions.account_id,
        coalesce(accounts.account_number, transactions.account_id) as account_number,
        transactions.instructed_amount,
        transactions.instructed_currency,
        transactions.settled_amount,
        transactions.settled_currency,
        movements.base_amount,
        movements.base_currency,
        movements.holder_party_ids,
        transactions.debtor_name,
        transactions.debtor_party_id,
        transactions.creditor_name,
        transactions.creditor_party_id,
        transactions.conductor_party_id,
        transactions.conductor_name,
        transactions.branch_id,
        transactions.place_town,
        transactions.place_country,
        transactions.purpose,
        transactions.remittance_information,
        movements.base_amount > told.reporting_threshold
        or (movements.base_amount = told.reporting_threshold and told.at_threshold) as is_reported_alone,
        transactions._topic,
        transactions._partition,
        transactions._offset
    from told
    inner join transactions on told.transaction_id = transactions.transaction_id
    inner join movements on told.transaction_id = movements.transaction_id
    left join accounts on transactions.account_id = accounts.account_id
)

select * from final
