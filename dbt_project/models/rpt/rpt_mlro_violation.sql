with violations as (
    select * from {{ ref('case_violations') }}
),

acts as (
    select * from {{ ref('case_acts') }}
),

jurisdiction as (
    select * from {{ ref('int_jurisdiction') }}
),

final as (
    select
        violations.decision_id,
        violations.case_id,
        violations.rule,
        violations.detail,
        acts.act,
        acts.officer_id,
        acts.officer_name,
        timezone(jurisdiction.time_zone, timezone('UTC', violations.decided_at))::date as done_on
    from violations
    inner join acts on violations.decision_id = acts.decision_id
    cross join jurisdiction
)

select * from final
