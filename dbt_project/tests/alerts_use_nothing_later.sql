-- Point in time: evidence is booked within the window, sums to the amount, and the window ends at detected_at.
with alerts as (
    select * from {{ ref('alerts') }} where withdrawn_pin is null
),

movements as (
    select * from {{ ref('int_movements') }}
),

evidence as (
    select
        alert_id,
        unnest(evidence) as transaction_id
    from alerts
),

summed as (
    select
        evidence.alert_id,
        count(movements.transaction_id) as movements,
        sum(movements.base_amount) as amount,
        min(movements.booked_at) as first_booked_at,
        max(movements.booked_at) as last_booked_at
    from evidence
    left join movements on evidence.transaction_id = movements.transaction_id
    group by all
)

select
    alerts.alert_id,
    alerts.scenario_id,
    summed.* exclude (alert_id)
from alerts
left join summed on alerts.alert_id = summed.alert_id
where
    summed.movements is distinct from alerts.transaction_count
    or summed.amount is distinct from alerts.amount
    or summed.first_booked_at is distinct from alerts.window_start
    or summed.last_booked_at > alerts.detected_at
    or alerts.window_end <> alerts.detected_at
