-- Landed rows = movements kept + repeats: staging drops nothing.
with landed as (
    select count(*) as landed from {{ landing('bank', 'bank_transactions') }}
),

kept as (
    select count(*) as kept from {{ ref('stg_transactions') }}
),

repeats as (
    select count(*) as repeats from {{ ref('stg_transaction_repeats') }}
)

select *
from landed
cross join kept
cross join repeats
where landed <> kept + repeats
