-- A register tells what its movements add up to.
with register as (
    select * from {{ ref('rpt_ctr_register') }}
),

register_movements as (
    select * from {{ ref('rpt_ctr_movement') }}
),

alerts as (
    select * from {{ ref('rpt_structuring_alert') }}
),

alert_movements as (
    select * from {{ ref('rpt_structuring_movement') }}
),

told as (
    select
        ctr_id as row_id,
        cash_amount as amount,
        transaction_count
    from register
    union all
    select
        alert_id as row_id,
        amount,
        transaction_count
    from alerts
),

counted as (
    select
        ctr_id as row_id,
        base_amount
    from register_movements
    union all
    select
        alert_id as row_id,
        base_amount
    from alert_movements
),

summed as (
    select
        row_id,
        sum(base_amount) as amount,
        count(*) as transaction_count
    from counted
    group by all
)

select
    told.row_id,
    told.amount,
    summed.amount as added_up
from told
left join summed on told.row_id = summed.row_id
where
    told.amount is distinct from summed.amount
    or told.transaction_count is distinct from summed.transaction_count
