with decisions as (
    select * from {{ ref('stg_decisions') }}
),

cases as (
    select distinct case_id from {{ ref('case_alerts') }}
),

-- The same act sent twice counts once.
acts as (
    select *
    from decisions
    qualify row_number() over (partition by decision_id order by _partition, _offset) = 1
),

with_disposal as (
    select
        acts.*,
        last(case when act = 'disposed' then officer_id end ignore nulls) over earlier as disposer_id
    from acts
    window earlier as (
        partition by case_id order by decided_at, _partition, _offset
        rows between unbounded preceding and 1 preceding
    )
),

judged as (
    select
        with_disposal.*,
        case
            when cases.case_id is null then 'unknown_case'
            when act = 'disposed' and disposition is null then 'disposal_without_disposition'
            when act in ('approved', 'rejected') and disposer_id is null then 'review_without_disposal'
            when act in ('approved', 'rejected') and disposer_id = officer_id then 'four_eyes'
        end as violated_rule
    from with_disposal
    left join cases on with_disposal.case_id = cases.case_id
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
        reason,
        narrative,
        disposer_id,
        violated_rule,
        decided_at,
        row_number() over (partition by case_id order by decided_at, _partition, _offset) as act_number,
        _topic,
        _partition,
        _offset
    from judged
)

select * from final
