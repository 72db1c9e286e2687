-- Each cash movement of a held account counts for at least one holder, with its whole amount.
with movements as (
    select * from {{ ref('int_movements') }}
),

persons as (
    select * from {{ ref('int_cash_by_person') }} where person_role = 'holder'
)

select
    movements.transaction_id,
    movements.base_amount,
    max(persons.base_amount) as counted
from movements
left join persons on movements.transaction_id = persons.transaction_id
where
    movements.is_activity
    and movements.method = 'cash'
    and movements.holder_party_id is not null
group by all
having counted is distinct from movements.base_amount
