with decisions as (
    select * from {{ ref('stg_decisions') }}
),

-- The same act sent twice counts once.
acts as (
    select *
    from decisions
    qualify row_number() over (partition by decision_id order by _partition, _offset) = 1
),

-- In the order of the topic, which nobody can choose afterwards; decided_at is what the sender says.
dated as (
    select
        acts.*,
        row_number() over (partition by case_id order by _partition, _offset) as act_number,
        coalesce(decided_at < max(decided_at) over (
            partition by case_id order by _partition, _offset
            rows between unbounded preceding and 1 preceding
        ), false) as is_backdated
    from acts
),

-- Whose disposal stands before the act; an opening takes it back, and a disposal without effect is none.
with_disposal as (
    select
        dated.*,
        nullif(last(
            case
                when is_backdated then null
                when act = 'disposed' and disposition is not null then officer_id
                when act = 'opened' then ''
            end
            ignore nulls
        ) over (
            partition by case_id order by act_number
            rows between unbounded preceding and 1 preceding
        ), '') as disposer_id
    from dated
),

judged as (
    select
        *,
        case
            when is_backdated then 'backdated'
            when act = 'disposed' and disposition is null then 'disposal_without_disposition'
            when act in ('approved', 'rejected') and disposer_id is null then 'review_without_disposal'
            when act in ('approved', 'rejected') and disposer_id = officer_id then 'four_eyes'
        end as violated_rule
    from with_disposal
),

final as (
    select
        decision_id,
        case_id,
        act,
        officer_id,
        officer_name,
        officer_role,
        assigned_to,
        disposition,
        suppress_until,
        suppress_scenarios,
        reason,
        narrative,
        disposer_id,
        violated_rule,
        decided_at,
        act_number,
        _topic,
        _partition,
        _offset,
        _timestamp,
        _pin
    from judged
)

select * from final
