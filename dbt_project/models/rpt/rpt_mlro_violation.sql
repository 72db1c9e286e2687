with violations as (
    select * from {{ ref('case_violations') }}
),

acts as (
    select * from {{ ref('case_acts') }}
),

steps as (
    select * from {{ ref('filing_steps') }} where violated_rule is not null
),

filing_rules as (
    select * from {{ ref('filing_rules') }}
),

jurisdiction as (
    select * from {{ ref('int_jurisdiction') }}
),

on_cases as (
    select
        violations.decision_id as act_id,
        violations.case_id,
        null as filing_ref,
        violations.rule,
        violations.detail,
        acts.act,
        acts.officer_id,
        acts.officer_name,
        violations.decided_at as done_at
    from violations
    inner join acts on violations.case_id = acts.case_id and violations.decision_id = acts.decision_id
),

on_filings as (
    select
        steps.event_id as act_id,
        steps.case_id,
        steps.filing_ref,
        filing_rules.rule,
        format(
            '{} {} {}: {}',
            coalesce(steps.officer_id, 'nobody named'),
            steps.status,
            steps.filing_ref,
            filing_rules.meaning
        ) as detail,
        steps.status as act,
        steps.officer_id,
        null as officer_name,
        steps.occurred_at as done_at
    from steps
    inner join filing_rules on steps.violated_rule = filing_rules.rule
),

told as (
    select * from on_cases
    union all by name
    select * from on_filings
),

final as (
    select
        told.act_id,
        told.case_id,
        told.filing_ref,
        told.rule,
        told.detail,
        told.act,
        told.officer_id,
        told.officer_name,
        timezone(jurisdiction.time_zone, timezone('UTC', told.done_at))::date as done_on
    from told
    cross join jurisdiction
)

select * from final
