-- A case's amount is the sum of its movements; a standing alert is in exactly one case, or in none if it is suppressed.
with cases as (
    select * from {{ ref('cases') }}
),

case_transactions as (
    select * from {{ ref('case_transactions') }}
),

alerts as (
    select * from {{ ref('alerts') }} where withdrawn_pin is null
),

summed as (
    select
        case_id,
        sum(base_amount) as amount,
        count(*) as transaction_count
    from case_transactions
    group by all
),

in_cases as (
    select
        case_id,
        unnest(alert_ids) as alert_id
    from cases
),

wrong_sums as (
    select
        'amount' as what,
        cases.case_id as id
    from cases
    full outer join summed on cases.case_id = summed.case_id
    where
        cases.amount is distinct from coalesce(summed.amount, 0)
        or cases.transaction_count is distinct from coalesce(summed.transaction_count, 0)
),

lost_alerts as (
    select
        'alert' as what,
        alerts.alert_id as id
    from alerts
    left join in_cases on alerts.alert_id = in_cases.alert_id
    group by all
    having count(in_cases.case_id) <> if(any_value(alerts.suppressed_by) is null, 1, 0)
)

select * from wrong_sums
union all
select * from lost_alerts
