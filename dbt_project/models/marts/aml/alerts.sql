with {{ weighed_alerts() }},

suppressions as (
    select * from {{ ref('alert_suppressions') }}
),

final as (
    select
        weighed.*,
        suppressions.decision_id as suppressed_by,
        suppressions.suppressed_until
    from weighed
    -- Late data may raise an alert again, which is another raising, or make it more than what was decided on.
    left join suppressions
        on weighed.alert_id = suppressions.alert_id
        and weighed.raised_pin = suppressions.raised_pin
        and weighed.points <= suppressions.maximum_points
        and weighed.amount <= suppressions.maximum_amount
)

select * from final
