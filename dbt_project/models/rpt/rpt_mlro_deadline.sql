with deadlines as (
    select * from {{ ref('deadlines') }}
),

final as (
    select
        deadline_id,
        report,
        kind,
        case_id,
        business_day,
        exemption_id,
        filing_ref,
        state,
        source,
        days_left,
        started_on,
        due_day,
        done_on
    from deadlines
)

select * from final
