with filings as (
    select * from {{ ref('filings') }}
),

final as (
    select
        business_day,
        filing_ref,
        profile,
        corrects,
        regulator_reference,
        pin
    from filings
    where
        business_day is not null
        and status in ('acknowledged', 'returned', 'corrected')
)

select * from final
