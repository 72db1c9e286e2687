with transactions as (
    select * from {{ ref('rpt_ctr_transaction') }}
),

accounts as (
    select * from {{ ref('stg_accounts') }}
),

used as (
    select distinct
        business_day,
        account_id
    from transactions
),

final as (
    select
        used.business_day,
        accounts.account_id,
        accounts.account_number,
        accounts.account_name,
        accounts.account_type,
        accounts.currency,
        accounts.branch_id,
        accounts.opened_on,
        accounts.closed_on,
        accounts.status,
        accounts.parties
    from used
    inner join accounts on used.account_id = accounts.account_id
)

select * from final
