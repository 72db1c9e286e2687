with acts as (
    select * from {{ ref('case_acts') }}
),

cases as (
    select * from {{ ref('cases') }}
),

rules as (
    select * from {{ ref('case_rules') }}
),

today as (
    select
        int_today.day,
        jurisdictions.time_zone
    from {{ ref('int_today') }} as int_today
    inner join {{ ref('int_jurisdiction') }} as jurisdictions on int_today.jurisdiction = jurisdictions.jurisdiction
),

-- How cases are watched over does not differ by customer, so that the unknown segment stands for all.
parameters as (
    select * from ({{ scenario_parameters('violations', ['alarm_days']) }})
    where segment = 'unknown'
),

-- The approval itself broke no rule, but does not cover what the case has become.
outdated as (
    select acts.* replace ('changed_since_approval' as violated_rule)
    from acts
    inner join cases on acts.case_id = cases.case_id
    where cases.changed_since_approval and acts.act = 'approved' and acts.violated_rule is null
    qualify row_number() over (partition by acts.case_id order by acts.act_number desc) = 1
),

violations as (
    select
        acts.* exclude (violated_rule),
        case when cases.case_id is null then 'unknown_case' else acts.violated_rule end as violated_rule
    from acts
    left join cases on acts.case_id = cases.case_id
    where cases.case_id is null or acts.violated_rule is not null
    union all by name
    select * from outdated
),

-- Somebody else has seen the case since: the first act of another officer that has effect on it.
settled as (
    select
        violations.decision_id,
        min(acts.act_number) as act_number
    from violations
    inner join acts
        on violations.case_id = acts.case_id
        and violations.act_number < acts.act_number
        and violations.officer_id <> acts.officer_id
    where
        acts.violated_rule is null
        and violations.violated_rule not in ('unknown_case', 'changed_since_approval')
    group by all
),

final as (
    select
        violations.decision_id,
        violations.case_id,
        violations.act,
        violations.officer_id,
        violations.violated_rule as rule,
        format('{} {}: {}', violations.officer_id, violations.act, rules.meaning) as detail,
        acts.decision_id as settled_by,
        acts.decision_id is null
        and timezone(today.time_zone, timezone('UTC', violations._timestamp))::date
        > today.day - parameters.alarm_days::integer as raises_alarm,
        violations.decided_at,
        violations._timestamp as sent_at
    from violations
    inner join rules on violations.violated_rule = rules.rule
    cross join today
    inner join parameters on today.day between parameters.first_day and parameters.last_day
    left join settled on violations.decision_id = settled.decision_id
    left join acts on violations.case_id = acts.case_id and settled.act_number = acts.act_number
)

select * from final
