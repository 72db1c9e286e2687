with acts as (
    select * from {{ ref('case_acts') }}
),

cases as (
    select * from {{ ref('cases') }}
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

final as (
    select
        decision_id,
        case_id,
        violated_rule as rule,
        case violated_rule
            when 'unknown_case'
                then format('{} acted on a case that does not stand', officer_id)
            when 'backdated'
                then format('{} dated the act before one that the case had already', officer_id)
            when 'disposal_without_disposition'
                then format('{} disposed without saying of what', officer_id)
            when 'review_without_disposal'
                then format('{} {} a case that nobody had disposed of', officer_id, act)
            when 'four_eyes'
                then format('{} {} what the same officer had disposed', officer_id, act)
            when 'changed_since_approval'
                then format('the case has changed since {} approved it, and needs another approval', officer_id)
        end as detail,
        decided_at
    from violations
)

select * from final
