with acts as (
    select * from {{ ref('case_acts') }}
),

cases as (
    select * from {{ ref('cases') }}
),

rules as (
    select * from {{ ref('case_rules') }}
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

-- An officer's note names the act, and is by another than the one who did it. An approval that a case has outgrown
-- needs another approval.
settled as (
    select
        violations.case_id,
        violations.decision_id,
        min_by(acts.decision_id, acts.act_number) as settled_by
    from violations
    inner join acts
        on violations.case_id = acts.case_id
        and violations.decision_id = acts.settles
        and violations.act_number < acts.act_number
        and violations.officer_id <> acts.officer_id
    where
        acts.act = 'noted'
        and acts.violated_rule is null
        and violations.violated_rule <> 'changed_since_approval'
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
        settled.settled_by,
        settled.settled_by is null as raises_alarm,
        violations.decided_at,
        violations._timestamp as sent_at
    from violations
    inner join rules on violations.violated_rule = rules.rule
    left join settled
        on violations.case_id = settled.case_id and violations.decision_id = settled.decision_id
    -- What settles an act on no case is itself on none.
    anti join settled as settling
        on violations.case_id = settling.case_id and violations.decision_id = settling.settled_by
)

select * from final
