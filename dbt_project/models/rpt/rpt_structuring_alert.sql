-- The scenarios of the mart structuring.
with alerts as (
    select *
    from {{ ref('alerts') }}
    where
        withdrawn_pin is null
        and scenario_id in ('structuring', 'structured_withdrawals', 'cash_beyond_business')
),

case_alerts as (
    select * from {{ ref('case_alerts') }}
),

cases as (
    select * from {{ ref('cases') }}
),

scenarios as (
    select * from {{ ref('scenarios') }}
),

parties as (
    select * from {{ ref('stg_parties') }}
),

jurisdictions as (
    select * from {{ ref('jurisdictions') }}
),

final as (
    select
        alerts.alert_id,
        case_alerts.case_id,
        alerts.scenario_id,
        alerts.scenario_version,
        coalesce(scenarios.name, alerts.scenario_id) as scenario_name,
        alerts.subject_id as party_id,
        parties.name,
        parties.party_type,
        parties.tax_id,
        alerts.segment,
        alerts.jurisdiction,
        alerts.base_currency,
        alerts.reason,
        case when alerts.suppressed_by is not null then 'suppressed' else cases.status end as status,
        cases.disposition,
        alerts.amount,
        (alerts.measures ->> '$.reporting_threshold')::decimal(18, 4) as reporting_threshold,
        alerts.transaction_count,
        timezone(jurisdictions.time_zone, timezone('UTC', alerts.window_start)) as window_start,
        timezone(jurisdictions.time_zone, timezone('UTC', alerts.detected_at)) as detected_at
    from alerts
    inner join jurisdictions on alerts.jurisdiction = jurisdictions.jurisdiction
    left join scenarios
        on alerts.scenario_id = scenarios.scenario_id and alerts.scenario_version = scenarios.version
    left join case_alerts on alerts.alert_id = case_alerts.alert_id
    left join cases on case_alerts.case_id = cases.case_id
    left join parties on alerts.subject_id = parties.party_id
)

select * from final
