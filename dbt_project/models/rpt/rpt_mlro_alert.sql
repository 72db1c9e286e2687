with alerts as (
    select * from {{ ref('alerts') }} where withdrawn_pin is null
),

case_alerts as (
    select * from {{ ref('case_alerts') }}
),

cases as (
    select * from {{ ref('cases') }}
),

made as (
    select
        case_id,
        bool_or(is_filed) as is_filed
    from {{ ref('rpt_mlro_filing') }}
    where case_id is not null
    group by all
),

scenarios as (
    select * from {{ ref('scenarios') }}
),

jurisdictions as (
    select * from {{ ref('jurisdictions') }}
),

told as (
    select
        alerts.scenario_id,
        coalesce(scenarios.name, alerts.scenario_id) as scenario_name,
        alerts.segment,
        alerts.jurisdiction,
        alerts.base_currency,
        alerts.amount,
        alerts.suppressed_by is not null as is_suppressed,
        case_alerts.case_id is not null as is_in_case,
        coalesce(cases.status = 'approved', false) as is_decided,
        cases.disposition,
        made.case_id is not null as is_generated,
        coalesce(made.is_filed, false) as is_filed,
        date_trunc('month', timezone(jurisdictions.time_zone, timezone('UTC', alerts.detected_at)))::date as month
    from alerts
    inner join jurisdictions on alerts.jurisdiction = jurisdictions.jurisdiction
    left join scenarios
        on alerts.scenario_id = scenarios.scenario_id and alerts.scenario_version = scenarios.version
    left join case_alerts on alerts.alert_id = case_alerts.alert_id
    left join cases on case_alerts.case_id = cases.case_id
    left join made on case_alerts.case_id = made.case_id
),

final as (
    select
        month,
        scenario_id,
        scenario_name,
        segment,
        jurisdiction,
        base_currency,
        count(*) as alerts,
        count(*) filter (where is_suppressed) as suppressed,
        count(*) filter (where is_in_case) as in_cases,
        count(*) filter (where is_decided) as decided,
        count(*) filter (where is_decided and disposition = 'report') as reported,
        count(*) filter (where is_decided and disposition = 'no_report') as not_reported,
        count(*) filter (where is_generated) as generated,
        count(*) filter (where is_filed) as filed,
        sum(amount)::decimal(38, 4) as amount
    from told
    group by all
)

select * from final
