with acts as (
    select * from {{ ref('case_acts') }} where violated_rule is not null
),

final as (
    select
        decision_id,
        case_id,
        violated_rule as rule,
        case violated_rule
            when 'unknown_case'
                then format('{} acted on a case that does not stand', officer_id)
            when 'disposal_without_disposition'
                then format('{} disposed without saying of what', officer_id)
            when 'review_without_disposal'
                then format('{} {} a case that nobody had disposed of', officer_id, act)
            when 'four_eyes'
                then format('{} {} what the same officer had disposed', officer_id, act)
        end as detail,
        decided_at
    from acts
)

select * from final
