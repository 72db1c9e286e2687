-- The movements a filing prints sum to the amount of its case.
with cases as (
    select * from {{ ref('rpt_str_case') }}
),

transactions as (
    select * from {{ ref('rpt_str_transaction') }}
)

select
    cases.case_id,
    cases.amount,
    coalesce(sum(transactions.base_amount), 0) as printed
from cases
left join transactions on cases.case_id = transactions.case_id
group by all
having printed is distinct from cases.amount
