with obligations as (
    select * from {{ ref('reporting_obligations') }} where profiles is not null
),

jurisdiction as (
    select * from {{ ref('int_jurisdiction') }}
),

named as (
    select
        *,
        string_split(profiles, ' ') as every_profile,
        unnest(range(1, least(len(string_split(profiles, ' ')), 2) + 1)) as place
    from obligations
),

final as (
    select
        jurisdiction.jurisdiction,
        jurisdiction.time_zone,
        named.report,
        named.about,
        named.every_profile[named.place] as profile,
        named.place = 1 as with_movements,
        named.place = 2 or len(named.every_profile) = 1 as without_movements,
        named.effective_from as first_day,
        coalesce(named.effective_to, date '9999-12-31') as last_day
    from named
    inner join jurisdiction on named.jurisdiction = jurisdiction.jurisdiction
)

select * from final
