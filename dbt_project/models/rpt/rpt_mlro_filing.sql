with filings as (
    select * from {{ ref('filings') }}
),

jurisdiction as (
    select * from {{ ref('int_jurisdiction') }}
),

final as (
    select
        filings.filing_ref,
        filings.profile,
        filings.case_id,
        filings.status,
        filings.regulator_reference,
        filings.business_day,
        timezone(jurisdiction.time_zone, timezone('UTC', filings.generated_at))::date as generated_on,
        timezone(jurisdiction.time_zone, timezone('UTC', filings.submitted_at))::date as submitted_on,
        timezone(jurisdiction.time_zone, timezone('UTC', filings.answered_at))::date as answered_on
    from filings
    cross join jurisdiction
)

select * from final
