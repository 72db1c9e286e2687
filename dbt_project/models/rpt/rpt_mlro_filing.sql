with filings as (
    select * from {{ ref('filings') }}
),

steps as (
    select * from {{ ref('filing_steps') }} where violated_rule is null
),

jurisdiction as (
    select * from {{ ref('int_jurisdiction') }}
),

-- What the regulator sent back, and has not taken since, is not filed.
answered as (
    select
        filing_ref,
        min(occurred_at) filter (where status = 'acknowledged') as acknowledged_at,
        min(occurred_at) filter (where status = 'returned') as returned_at,
        max_by(status, step_number) = 'returned' as is_returned
    from steps
    where status in ('acknowledged', 'returned')
    group by all
),

final as (
    select
        filings.filing_ref,
        filings.profile,
        filings.case_id,
        filings.status,
        filings.regulator_reference,
        filings.submitted_at is not null and not coalesce(answered.is_returned, false) as is_filed,
        filings.business_day,
        timezone(jurisdiction.time_zone, timezone('UTC', filings.generated_at))::date as generated_on,
        timezone(jurisdiction.time_zone, timezone('UTC', filings.submitted_at))::date as submitted_on,
        timezone(jurisdiction.time_zone, timezone('UTC', answered.acknowledged_at))::date as acknowledged_on,
        timezone(jurisdiction.time_zone, timezone('UTC', answered.returned_at))::date as returned_on
    from filings
    cross join jurisdiction
    left join answered on filings.filing_ref = answered.filing_ref
)

select * from final
