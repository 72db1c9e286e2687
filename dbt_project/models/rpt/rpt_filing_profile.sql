with obligations as (
    select * from {{ ref('reporting_obligations') }} where profiles is not null
),

jurisdiction as (
    select * from {{ ref('int_jurisdiction') }}
),

final as (
    select
        jurisdiction.jurisdiction,
        jurisdiction.time_zone,
        obligations.report,
        obligations.about,
        string_split(obligations.profiles, ' ')[1] as profile,
        obligations.effective_from as first_day,
        coalesce(obligations.effective_to, date '9999-12-31') as last_day
    from obligations
    inner join jurisdiction on obligations.jurisdiction = jurisdiction.jurisdiction
)

select * from final
