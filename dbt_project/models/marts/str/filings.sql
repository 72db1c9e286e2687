with steps as (
    select * from {{ ref('filing_steps') }} where violated_rule is null
),

folded as (
    select
        filing_ref,
        arg_max(status, step_number) as status,
        arg_min(case_id, step_number) as case_id,
        arg_min(business_day, step_number) as business_day,
        arg_min(designation_id, step_number) as designation_id,
        arg_min(profile, step_number) as profile,
        arg_min(sha256, step_number) as sha256,
        arg_min(pin, step_number) as pin,
        arg_min(corrects, step_number) as corrects,
        -- One that was taken back is nobody's number.
        case
            when max_by(status, step_number) filter (where status in ('acknowledged', 'returned')) = 'acknowledged'
                then arg_max(regulator_reference, step_number) filter (where status = 'acknowledged')
        end as regulator_reference,
        max(retain_until) as retain_until,
        min(occurred_at) filter (where status = 'generated') as generated_at,
        min(occurred_at) filter (where status = 'submitted') as submitted_at,
        min(occurred_at) filter (where status in ('acknowledged', 'returned')) as answered_at,
        min(occurred_at) filter (where status = 'corrected') as corrected_at,
        min(officer_id) filter (where status = 'submitted') as submitted_by,
        arg_max(errors, step_number) filter (where status in ('acknowledged', 'returned')) as errors
    from steps
    group by all
),

corrections as (
    select
        corrects as filing_ref,
        arg_max(filing_ref, generated_at) as corrected_by
    from folded
    where corrects is not null
    group by all
),

final as (
    select
        folded.filing_ref,
        folded.case_id,
        folded.business_day,
        folded.designation_id,
        folded.profile,
        folded.status,
        folded.sha256,
        folded.pin,
        folded.regulator_reference,
        folded.corrects,
        corrections.corrected_by,
        folded.submitted_by,
        folded.retain_until,
        folded.generated_at,
        folded.submitted_at,
        folded.answered_at,
        folded.corrected_at,
        folded.errors
    from folded
    left join corrections on folded.filing_ref = corrections.filing_ref
)

select * from final
