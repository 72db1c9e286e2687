{#- What a build said of an alert when it raised it stands: an act that lands later changes no case that was built. -#}
{{
    config(
        incremental_strategy='append',
        on_schema_change='append_new_columns',
        full_refresh=false,
        post_hook='{{ record_watermark() }}'
    )
}}

with weighed as (
    select * from {{ ref('weighed_alerts') }} where withdrawn_pin is null
),

log as (
    select * from {{ ref('alert_log') }}
),

acts as (
    select * from {{ ref('case_acts') }} where violated_rule is null
),

transactions as (
    select * from {{ ref('stg_transactions') }}
),

jurisdiction as (
    select * from {{ ref('int_jurisdiction') }}
),

parameters as (
    {{ scenario_parameters('suppression', ['maximum_days', 'material_factor']) }}
),

alerts as (
    select
        weighed.*,
        timezone(jurisdiction.time_zone, timezone('UTC', weighed.detected_at))::date as local_date
    from weighed
    cross join jurisdiction
),

-- Acts that make or end an approval, each with the disposal before it and the act after it.
deciding as (
    select
        *,
        last(
            case
                when act = 'disposed'
                    then {
                        'decision_id': decision_id, 'disposition': disposition, 'suppress_until': suppress_until,
                        'scenarios': list_transform(suppress_scenarios, lambda s: s.scenario_id)
                    }
            end
            ignore nulls
        ) over acts_so_far as disposal,
        lead(_timestamp) over acts_so_far as superseded_at,
        lead(_pin) over acts_so_far as superseded_pin
    from acts
    where act in ('opened', 'disposed', 'approved', 'rejected')
    window acts_so_far as (partition by case_id order by act_number)
),

-- Approved suppressions. Who the case is about follows from the alert that its identifier was made of.
approvals as (
    select
        deciding.decision_id as approval_id,
        deciding.disposal.decision_id,
        deciding.disposal.scenarios,
        deciding.disposal.suppress_until,
        deciding._timestamp as approved_at,
        deciding._pin as approved_pin,
        deciding.superseded_at,
        deciding.superseded_pin,
        alerts.subject_type,
        alerts.subject_id,
        alerts.window_start as opener_start,
        alerts.detected_at as opened_at,
        alerts.alert_id as first_alert_id
    from deciding
    inner join alerts
        on deciding.case_id = {{ case_id('alerts.subject_type', 'alerts.subject_id', 'alerts.alert_id') }}
    where
        deciding.act = 'approved'
        and deciding.disposal.disposition = 'no_report'
        and deciding.disposal.suppress_until is not null
),

-- All that the subject was alerted for since the case was opened; the case goes on while no window begins anew. What a
-- later build raised than the one that first saw the approval was decided by nobody.
since_opened as (
    select
        approvals.* exclude (subject_type, subject_id, opener_start),
        alerts.*,
        alerts.detected_at <= approvals.approved_at and alerts.raised_pin <= approvals.approved_pin as is_decided,
        coalesce(alerts.window_start > lag(alerts.window_end) over subject_alerts, false) as is_apart
    from approvals
    inner join alerts
        on approvals.subject_type = alerts.subject_type
        and approvals.subject_id = alerts.subject_id
        and (alerts.detected_at, alerts.alert_id) >= (approvals.opened_at, approvals.first_alert_id)
    window subject_alerts as (partition by approvals.approval_id order by alerts.detected_at, alerts.alert_id)
),

-- What was in the case that the approver saw; an alert of a later case of the subject sets no measure.
seen as (
    select
        *,
        is_decided and not bool_or(is_apart) over (
            partition by approval_id order by detected_at, alert_id
            rows between unbounded preceding and current row
        ) as is_seen
    from since_opened
),

-- Of each such alert what it was when it was decided on.
as_decided as (
    select
        seen.*,
        log.amount as decided_amount,
        if(log.alert_id is not null, coalesce((log.measures ->> '$.strength')::double, 1), null) as decided_strength
    from seen
    left join log on seen.is_seen and seen.alert_id = log.alert_id and seen.approved_pin >= log.pin
    qualify row_number() over (partition by seen.approval_id, seen.alert_id order by log.pin desc) = 1
),

-- What an alert may be before it is another matter than the one that was decided on.
bounded as (
    select
        as_decided.*,
        parameters.material_factor::double * max(as_decided.decided_strength) over same_scenario as maximum_strength,
        parameters.material_factor * max(as_decided.decided_amount) over same_scenario as maximum_amount,
        least(
            as_decided.suppress_until, (as_decided.approved_at + to_days(parameters.maximum_days::integer))::date
        ) as suppressed_until
    from as_decided
    inner join parameters on {{ in_force('as_decided') }}
    window same_scenario as (partition by as_decided.approval_id, as_decided.scenario_id)
),

judged as (
    select
        *,
        detected_at > approved_at
        and approved_pin <= raised_pin
        and list_contains(scenarios, scenario_id)
        and local_date <= suppressed_until
        and most_strength <= maximum_strength
        and most_amount <= maximum_amount as is_covered
    from bounded
),

-- The approval no longer covers the case once another alert joined it, or a movement of what was decided came late.
last_decided as (
    select
        approval_id,
        max(window_end) as decided_until,
        bool_or(is_apart) as is_left
    from judged
    where is_decided
    group by all
),

first_uncovered as (
    select
        approval_id,
        min_by(window_start, (detected_at, alert_id)) as window_start,
        min(detected_at) as detected_at
    from judged
    where not is_decided and not coalesce(is_covered, false)
    group by all
),

late_movements as (
    select
        evidence.approval_id,
        min(transactions._timestamp) as sent_at
    from (
        select
            approval_id,
            approved_at,
            unnest(evidence) as transaction_id
        from judged
        where is_decided
    ) as evidence
    inner join transactions on evidence.transaction_id = transactions.transaction_id
    where transactions._timestamp > evidence.approved_at
    group by all
),

held as (
    select
        judged.*,
        judged.raised_pin > {{ watermark() if is_incremental() else -1 }} as is_new
    from judged
    left join last_decided on judged.approval_id = last_decided.approval_id
    left join first_uncovered
        on judged.approval_id = first_uncovered.approval_id
        and first_uncovered.window_start <= last_decided.decided_until
        and not last_decided.is_left
    left join late_movements on judged.approval_id = late_movements.approval_id
    where
        judged.is_covered
        and (judged.superseded_at > judged.detected_at or judged.superseded_pin > judged.raised_pin) is not false
        and (first_uncovered.detected_at > judged.detected_at) is not false
        and (late_movements.sent_at > judged.detected_at) is not false
),

-- What opens no case, so far as it is known without asking whether each case still stands.
suppressed as (
    select alert_id from held where is_new
    {% if is_incremental() %}
    union
    select weighed.alert_id
    from weighed
    inner join {{ this }} as suppressions on {{ is_suppressed() }}
    {% endif %}
),

-- Late data may have put an alert before the one that opened the case: then it is another case, and undecided.
overtaken as (
    select approvals.approval_id
    from approvals
    inner join alerts
        on approvals.subject_type = alerts.subject_type
        and approvals.subject_id = alerts.subject_id
        and (approvals.opened_at, approvals.first_alert_id) > (alerts.detected_at, alerts.alert_id)
        and approvals.opener_start <= alerts.window_end
    anti join suppressed on alerts.alert_id = suppressed.alert_id
),

final as (
    select
        held.alert_id,
        held.raised_pin,
        held.decision_id,
        held.suppressed_until,
        held.maximum_strength,
        held.maximum_amount::decimal(38, 4) as maximum_amount
    from held
    anti join overtaken on held.approval_id = overtaken.approval_id
    where held.is_new
    qualify row_number() over (
        partition by held.alert_id
        order by held.suppressed_until desc, held.approved_at desc, held.approval_id asc
    ) = 1
)

select * from final
