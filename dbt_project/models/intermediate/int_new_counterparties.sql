with transfers as (
    select * from {{ ref('int_transfers') }}
    where is_internal and debtor_account_id <> creditor_account_id
),

final as (
    select
        transfer_id,
        debit_transaction_id,
        debtor_account_id,
        creditor_account_id,
        jurisdiction,
        segment,
        base_currency,
        base_amount,
        booked_at,
        local_date
    from transfers
    qualify row_number() over (
        partition by debtor_account_id, creditor_account_id order by booked_at, transfer_id
    ) = 1
)

select * from final
