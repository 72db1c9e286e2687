with weighed as (
    select * from {{ ref('weighed_alerts') }}
),

suppressions as (
    select * from {{ ref('alert_suppressions') }}
),

final as (
    select
        weighed.* exclude (strength, most_strength, most_amount),
        suppressions.decision_id as suppressed_by,
        suppressions.suppressed_until
    from weighed
    left join suppressions on {{ is_suppressed() }}
)

select * from final
