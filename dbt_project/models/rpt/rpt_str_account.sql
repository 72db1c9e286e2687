with cases as (
    select * from {{ ref('rpt_str_case') }}
),

case_transactions as (
    select * from {{ ref('case_transactions') }}
),

accounts as (
    select * from {{ ref('stg_accounts') }}
),

movements as (
    select * from {{ ref('int_movements') }}
),

-- Both sides of the evidence, where the account is the bank's own.
sides as (
    select
        case_transactions.case_id,
        unnest([movements.account_id, movements.counterparty_account_id]) as account_id
    from case_transactions
    inner join cases on case_transactions.case_id = cases.case_id
    inner join movements on case_transactions.transaction_id = movements.transaction_id
    union
    select
        case_id,
        subject_id as account_id
    from cases
    where subject_type = 'account'
),

-- A balance can be told only of an account whose movements are known from its opening on.
balances as (
    select
        sides.case_id,
        sides.account_id,
        sum(
            case when movements.direction = 'credit' then movements.settled_amount else -movements.settled_amount end
        )::decimal(18, 4) as balance_at_end
    from sides
    inner join cases on sides.case_id = cases.case_id
    inner join movements on sides.account_id = movements.account_id and movements.local_date <= cases.activity_to
    group by all
    having bool_or(movements.method = 'opening')
),

final as (
    select distinct
        sides.case_id,
        accounts.account_id,
        accounts.account_number,
        accounts.account_name,
        accounts.account_type,
        accounts.currency,
        accounts.branch_id,
        accounts.opened_on,
        accounts.closed_on,
        accounts.status,
        accounts.parties,
        balances.balance_at_end,
        accounts._topic,
        accounts._partition,
        accounts._offset
    from sides
    inner join accounts on sides.account_id = accounts.account_id
    left join balances on sides.case_id = balances.case_id and sides.account_id = balances.account_id
)

select * from final
