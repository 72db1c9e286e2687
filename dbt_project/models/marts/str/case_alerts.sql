with alerts as (
    select * from {{ ref('alerts') }} where withdrawn_pin is null and suppressed_by is null
),

-- Alerts of one subject in the order they were detected; one whose window reaches back to the alert before it joins
-- that alert's case. An alert detected later so never changes the case of an earlier one. A window ends when its alert
-- is detected, so of those before none reaches further than the last.
opening as (
    select
        *,
        coalesce(
            window_start > lag(window_end) over (partition by subject_type, subject_id order by detected_at, alert_id),
            true
        ) as opens_case
    from alerts
),

numbered as (
    select
        *,
        count(*) filter (where opens_case) over (
            partition by subject_type, subject_id order by detected_at, alert_id
            rows between unbounded preceding and current row
        ) as case_number
    from opening
),

opened as (
    select
        *,
        first(alert_id) over (
            partition by subject_type, subject_id, case_number order by detected_at, alert_id
        ) as first_alert_id
    from numbered
),

final as (
    select
        {{ case_id('subject_type', 'subject_id', 'first_alert_id') }} as case_id,
        opened.* exclude (opens_case, case_number, first_alert_id, withdrawn_pin, suppressed_by, suppressed_until)
    from opened
)

select * from final
