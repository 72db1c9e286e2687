with cases as (
    select * from {{ ref('rpt_str_case') }}
),

acts as (
    select * from {{ ref('case_acts') }}
),

final as (
    select
        acts.case_id,
        acts.act_number,
        acts.decision_id,
        acts.act,
        acts.officer_id,
        acts.officer_name,
        acts.officer_role,
        acts.assigned_to,
        acts.disposition,
        acts.reason,
        acts.narrative,
        acts.violated_rule,
        acts.decided_at,
        acts._topic,
        acts._partition,
        acts._offset
    from acts
    inner join cases on acts.case_id = cases.case_id
)

select * from final
