with cases as (
    select * from {{ ref('rpt_str_case') }}
),

case_alerts as (
    select * from {{ ref('case_alerts') }}
),

scenarios as (
    select * from {{ ref('scenarios') }}
),

final as (
    select
        case_alerts.case_id,
        case_alerts.alert_id,
        case_alerts.scenario_id,
        case_alerts.scenario_version,
        scenarios.name as scenario_name,
        scenarios.typology,
        case_alerts.reason,
        case_alerts.measures as parameters,
        case_alerts.amount,
        case_alerts.transaction_count,
        case_alerts.window_start,
        case_alerts.window_end,
        case_alerts.detected_at
    from case_alerts
    inner join cases on case_alerts.case_id = cases.case_id
    left join scenarios
        on case_alerts.scenario_id = scenarios.scenario_id
        and case_alerts.scenario_version = scenarios.version
)

select * from final
