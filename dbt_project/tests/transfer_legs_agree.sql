-- What one account of the bank was debited, the other was credited, where both keep the same currency.
with transfers as (
    select * from {{ ref('int_transfers') }}
),

movements as (
    select * from {{ ref('int_movements') }}
)

select
    transfers.transfer_id,
    debits.settled_amount as debited,
    credits.settled_amount as credited,
    debits.settled_currency
from transfers
inner join movements as debits on transfers.debit_transaction_id = debits.transaction_id
inner join movements as credits on transfers.credit_transaction_id = credits.transaction_id
where
    debits.settled_currency = credits.settled_currency
    and debits.settled_amount <> credits.settled_amount
