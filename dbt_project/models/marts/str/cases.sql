with case_alerts as (
    select * from {{ ref('case_alerts') }}
),

case_transactions as (
    select * from {{ ref('case_transactions') }}
),

case_evidence as (
    select * from {{ ref('case_evidence') }}
),

acts as (
    select * from {{ ref('case_acts') }} where violated_rule is null
),

alerts as (
    select * from {{ ref('alerts') }} where withdrawn_pin is null
),

transactions as (
    select * from {{ ref('stg_transactions') }}
),

accounts as (
    select * from {{ ref('int_account_holders') }} where valid_to is null
),

parties as (
    select * from {{ ref('parties') }}
),

raised as (
    select
        case_id,
        subject_type,
        subject_id,
        jurisdiction,
        base_currency,
        list(alert_id order by detected_at, alert_id) as alert_ids,
        list_sort(list(distinct scenario_id)) as scenarios,
        min(detected_at) as opened_at,
        max(detected_at) as last_alert_at,
        max(raised_pin) as last_raised_pin
    from case_alerts
    group by all
),

-- An alert that was amended is worth what it is now.
scores as (
    select *
    from {{ ref('alert_scores') }}
    qualify row_number() over (partition by alert_id, model_version order by alert_pin desc) = 1
),

roles as (
    {{ priority_roles() }}
),

scored as (
    select
        case_alerts.case_id,
        max(scores.score) as score
    from case_alerts
    inner join scores on case_alerts.alert_id = scores.alert_id
    inner join roles on scores.model_version = roles.version
    where roles.role = 'champion'
    group by all
),

strongest as (
    select
        case_id,
        scenario_id,
        max(points) as points
    from case_alerts
    group by all
),

weighed as (
    select
        case_id,
        sum(points)::decimal(18, 4) as points,
        map_from_entries(list((scenario_id, points) order by scenario_id)) as points_by_scenario
    from strongest
    group by all
),

sums as (
    select
        case_id,
        list_sort(list(transaction_id)) as transaction_ids,
        sum(base_amount)::decimal(18, 4) as amount,
        count(*) as transaction_count
    from case_transactions
    group by all
),

changes as (
    select
        case_id,
        count(*) filter (where is_in_evidence and not is_alerted) as added_transactions,
        count(*) filter (where not is_in_evidence) as struck_transactions
    from case_evidence
    group by all
),

-- A disposal takes back what was decided before it, and opening the case again takes back the disposal.
since_opened as (
    select acts.*
    from acts
    where act_number >= coalesce(
        (select max(o.act_number) from acts as o where o.case_id = acts.case_id and o.act = 'opened'), 0
    )
),

disposals as (
    select *
    from since_opened
    where act = 'disposed'
    qualify row_number() over (partition by case_id order by act_number desc) = 1
),

reviews as (
    select since_opened.*
    from since_opened
    inner join disposals on since_opened.case_id = disposals.case_id
    where since_opened.act in ('approved', 'rejected') and since_opened.act_number > disposals.act_number
    qualify row_number() over (partition by since_opened.case_id order by since_opened.act_number desc) = 1
),

evidence as (
    select
        case_transactions.case_id,
        max(transactions._timestamp) as last_sent_at
    from case_transactions
    inner join transactions on case_transactions.transaction_id = transactions.transaction_id
    group by all
),

-- The officers' last word on what the filing tells; opening the case again leaves it.
narratives as (
    select
        case_id,
        act_number,
        narrative,
        narrative_version
    from acts
    where act in ('narrated', 'narrative_dropped')
    qualify row_number() over (partition by case_id order by act_number desc) = 1
),

-- All that an approval is of. What it was when an officer saw it comes with the approval, so that the same approval
-- covers the same in every lake, whenever it was built.
states as (
    select
        raised.case_id,
        sha256(to_json({
            'alerts': list_sort(raised.alert_ids),
            'movements': coalesce(sums.transaction_ids, []),
            'amount': coalesce(sums.amount, 0)::decimal(18, 4)::varchar,
            'disposal': disposals.decision_id,
            'narrative': narratives.narrative
        })::varchar) as state_digest
    from raised
    left join sums on raised.case_id = sums.case_id
    left join disposals on raised.case_id = disposals.case_id
    left join narratives on raised.case_id = narratives.case_id
),

-- One that does not say what its officer saw covers what could be seen: no movement sent after it, and no alert of a
-- later build than the one that first saw it.
approvals as (
    select
        reviews.case_id,
        coalesce(narratives.act_number > reviews.act_number, false)
        or case
            when reviews.seen is not null then reviews.seen <> states.state_digest
            else
                coalesce(evidence.last_sent_at > reviews._timestamp, false) or raised.last_raised_pin > reviews._pin
        end as is_outdated
    from reviews
    inner join raised on reviews.case_id = raised.case_id
    inner join states on reviews.case_id = states.case_id
    left join evidence on reviews.case_id = evidence.case_id
    left join narratives on reviews.case_id = narratives.case_id
    where reviews.act = 'approved'
),

standing_reviews as (
    select reviews.*
    from reviews
    left join approvals on reviews.case_id = approvals.case_id
    where not coalesce(approvals.is_outdated, false)
),

suppressed as (
    select
        acts.case_id,
        count(*) as alerts
    from acts
    inner join raised on acts.case_id = raised.case_id
    inner join alerts
        on acts.decision_id = alerts.suppressed_by
        and raised.subject_type = alerts.subject_type
        and raised.subject_id = alerts.subject_id
    group by all
),

last_acts as (
    select
        case_id,
        last(status order by act_number) as status,
        last(assigned_to order by act_number) filter (where act = 'assigned') as assigned_to
    from acts
    group by all
),

final as (
    select
        raised.case_id,
        raised.subject_type,
        raised.subject_id,
        case when raised.subject_type = 'party' then raised.subject_id else accounts.holder_party_id end
            as subject_party_id,
        raised.alert_ids,
        raised.scenarios,
        raised.jurisdiction,
        case when approvals.is_outdated then 'disposed' else coalesce(last_acts.status, 'candidate') end as status,
        case
            when len(raised.scenarios) > 1 or parties.risk_rating = 'high' then 'high'
            when parties.risk_rating = 'medium' then 'medium'
            else 'normal'
        end as priority,
        weighed.points,
        weighed.points_by_scenario,
        scored.score,
        last_acts.assigned_to,
        disposals.disposition,
        coalesce(disposals.joint_filers, []) as joint_filers,
        disposals.referred_to,
        disposals.officer_id as disposed_by,
        disposals.officer_name as disposed_by_name,
        case when reviews.act = 'approved' then reviews.officer_id end as approved_by,
        case when reviews.act = 'approved' then reviews.officer_name end as approved_by_name,
        disposals.reason as decision_reason,
        narratives.narrative,
        narratives.narrative_version,
        states.state_digest,
        coalesce(sums.amount, 0)::decimal(18, 4) as amount,
        raised.base_currency,
        coalesce(sums.transaction_count, 0) as transaction_count,
        changes.added_transactions,
        changes.struck_transactions,
        coalesce(suppressed.alerts, 0) as suppressed_alerts,
        case when reviews.act = 'approved' and disposals.disposition = 'no_report' then disposals.suppress_until end
            as suppress_until,
        raised.opened_at,
        raised.last_alert_at,
        coalesce(approvals.is_outdated, false) as changed_since_approval,
        disposals.decided_at as disposed_at,
        case when reviews.act = 'approved' then reviews.decided_at end as approved_at,
        case when disposals.disposition = 'report' then disposals.decided_at end as determination_at
    from raised
    inner join changes on raised.case_id = changes.case_id
    inner join states on raised.case_id = states.case_id
    left join sums on raised.case_id = sums.case_id
    inner join weighed on raised.case_id = weighed.case_id
    left join scored on raised.case_id = scored.case_id
    left join accounts on raised.subject_type = 'account' and raised.subject_id = accounts.account_id
    left join parties
        on case when raised.subject_type = 'party' then raised.subject_id else accounts.holder_party_id end
        = parties.party_id
    left join disposals on raised.case_id = disposals.case_id
    left join standing_reviews as reviews on raised.case_id = reviews.case_id
    left join approvals on raised.case_id = approvals.case_id
    left join narratives on raised.case_id = narratives.case_id
    left join suppressed on raised.case_id = suppressed.case_id
    left join last_acts on raised.case_id = last_acts.case_id
)

select * from final
