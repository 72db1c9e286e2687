with cases as (
    select * from {{ ref('rpt_str_case') }}
),

case_alerts as (
    select * from {{ ref('case_alerts') }}
),

evidence as (
    select * from {{ ref('case_evidence') }} where not is_in_evidence
),

scenarios as (
    select * from {{ ref('scenarios') }}
),

named as (
    select
        case_id,
        alert_id,
        unnest(evidence) as transaction_id
    from case_alerts
),

struck as (
    select
        named.case_id,
        named.alert_id,
        count(*) as transactions
    from named
    inner join evidence
        on named.case_id = evidence.case_id and named.transaction_id = evidence.transaction_id
    group by all
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
        coalesce(struck.transactions, 0) as struck_transactions,
        case_alerts.window_start,
        case_alerts.window_end,
        case_alerts.detected_at
    from case_alerts
    inner join cases on case_alerts.case_id = cases.case_id
    left join struck on case_alerts.case_id = struck.case_id and case_alerts.alert_id = struck.alert_id
    left join scenarios
        on case_alerts.scenario_id = scenarios.scenario_id
        and case_alerts.scenario_version = scenarios.version
)

select * from final
