{{
    config(
        incremental_strategy='append',
        pre_hook='{{ forget_touched(is_touched_transfer) }}',
        post_hook='{{ record_watermark() }}'
    )
}}

with movements as (
    select * from {{ ref('int_movements') }}
    where
        is_activity
        and method <> 'cash'
        and {{ is_touched_transfer() }}
),

-- Some banks fill the end-to-end id with a placeholder, so the legs of several transfers between the same accounts
-- may share one; they are paired in the order they were booked.
debits as (
    select
        *,
        row_number() over (
            partition by end_to_end_id, account_id, counterparty_account_id order by booked_at, transaction_id
        ) as nth
    from movements
    where direction = 'debit'
),

credits as (
    select
        *,
        row_number() over (
            partition by end_to_end_id, account_id, counterparty_account_id order by booked_at, transaction_id
        ) as nth
    from movements
    where direction = 'credit'
),

final as (
    select
        coalesce(debits.transaction_id, credits.transaction_id) as transfer_id,
        coalesce(debits.end_to_end_id, credits.end_to_end_id) as end_to_end_id,
        debits.transaction_id as debit_transaction_id,
        credits.transaction_id as credit_transaction_id,
        coalesce(debits.account_id, credits.counterparty_account_id) as debtor_account_id,
        coalesce(credits.account_id, debits.counterparty_account_id) as creditor_account_id,
        debits.holder_party_id as debtor_party_id,
        credits.holder_party_id as creditor_party_id,
        coalesce(debits.jurisdiction, credits.jurisdiction) as jurisdiction,
        coalesce(debits.segment, credits.segment) as segment,
        coalesce(debits.method, credits.method) as method,
        coalesce(debits.base_currency, credits.base_currency) as base_currency,
        coalesce(debits.base_amount, credits.base_amount) as base_amount,
        credits.base_amount as credited_base_amount,
        debits.transaction_id is not null and credits.transaction_id is not null as is_internal,
        coalesce(debits.booked_at, credits.booked_at) as booked_at,
        coalesce(debits.local_date, credits.local_date) as local_date
    from debits
    full outer join credits
        on debits.end_to_end_id = credits.end_to_end_id
        and debits.counterparty_account_id = credits.account_id
        and debits.account_id = credits.counterparty_account_id
        and debits.nth = credits.nth
)

select * from final
