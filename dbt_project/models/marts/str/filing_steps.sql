with steps as (
    select
        * replace (coalesce(sha256, '') as sha256),
        row_number() over (partition by filing_ref order by _landed_at, _partition, _offset) as step_number
    from {{ ref('stg_filing_events') }}
),

-- Each stage of a life begins with the first step of its kind behind the stage before.
generated as (
    select
        filing_ref,
        min(step_number) as generated_at_step,
        arg_min(sha256, step_number) as generated_sha256
    from steps
    where status = 'generated'
    group by all
),

submitted as (
    select
        steps.filing_ref,
        min(steps.step_number) as submitted_at_step
    from steps
    inner join generated on steps.filing_ref = generated.filing_ref
    where
        steps.status = 'submitted'
        and steps.step_number > generated.generated_at_step
        and steps.sha256 = generated.generated_sha256
    group by all
),

answered as (
    select
        steps.filing_ref,
        min(steps.step_number) as answered_at_step
    from steps
    inner join submitted on steps.filing_ref = submitted.filing_ref
    where steps.status in ('acknowledged', 'returned') and steps.step_number > submitted.submitted_at_step
    group by all
),

corrected as (
    select
        steps.filing_ref,
        min(steps.step_number) as corrected_at_step
    from steps
    inner join answered on steps.filing_ref = answered.filing_ref
    where steps.status = 'corrected' and steps.step_number > answered.answered_at_step
    group by all
),

judged as (
    select
        steps.*,
        case
            when steps.step_number in (
                generated.generated_at_step,
                submitted.submitted_at_step,
                answered.answered_at_step,
                corrected.corrected_at_step
            ) then null
            -- A regulator may change its mind, or an officer mend what was typed, until a correction is made.
            when
                steps.status in ('acknowledged', 'returned')
                and steps.step_number > answered.answered_at_step
                and steps.step_number < coalesce(corrected.corrected_at_step, steps.step_number + 1)
                then null
            when generated.filing_ref is null then 'never_generated'
            when steps.status = 'generated' and steps.sha256 <> generated.generated_sha256
                then 'generated_otherwise'
            when steps.status = 'submitted' and steps.sha256 <> generated.generated_sha256
                then 'submitted_otherwise'
            else 'out_of_turn'
        end as violated_rule
    from steps
    left join generated on steps.filing_ref = generated.filing_ref
    left join submitted on steps.filing_ref = submitted.filing_ref
    left join answered on steps.filing_ref = answered.filing_ref
    left join corrected on steps.filing_ref = corrected.filing_ref
),

final as (
    select
        event_id,
        filing_ref,
        case_id,
        business_day,
        designation_id,
        profile,
        status,
        sha256,
        pin,
        officer_id,
        regulator_reference,
        corrects,
        violated_rule,
        retain_until,
        occurred_at,
        step_number,
        errors,
        _topic,
        _partition,
        _offset
    from judged
)

select * from final
