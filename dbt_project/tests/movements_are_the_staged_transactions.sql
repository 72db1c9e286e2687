-- Every staged transaction is one movement with the same settled amount.
with transactions as (
    select * from {{ ref('stg_transactions') }}
),

movements as (
    select * from {{ ref('int_movements') }}
)

select
    transactions.transaction_id as staged,
    movements.transaction_id as moved
from transactions
full outer join movements
    on transactions.idempotency_key = movements.idempotency_key
    and transactions.transaction_id = movements.transaction_id
    and transactions.settled_amount = movements.settled_amount
where transactions.transaction_id is null or movements.transaction_id is null
