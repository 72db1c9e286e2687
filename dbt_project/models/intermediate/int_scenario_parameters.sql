with parameters as (
    select * from {{ ref('scenario_parameters') }}
),

segments as (
    select * from {{ ref('segments') }}
),

jurisdiction as (
    select * from {{ ref('int_jurisdiction') }}
),

-- What the seed gives the bank's jurisdiction, and what it gives any.
given as (
    select
        parameters.*,
        jurisdiction.jurisdiction as bank_jurisdiction
    from parameters
    inner join jurisdiction on parameters.jurisdiction in (jurisdiction.jurisdiction, 'any')
),

boundaries as (
    select
        scenario_id,
        effective_from as first_day
    from given
    union
    select
        scenario_id,
        effective_to + 1 as first_day
    from given
    where effective_to is not null
),

periods as (
    select
        *,
        lead(first_day) over (partition by scenario_id order by first_day) - 1 as last_day
    from boundaries
),

-- In each period a segment has its own value of a parameter, or that of segment 'any'; before either, what the
-- jurisdiction itself has. There is one of each, and one version, since check_scenarios refuses rows that overlap.
final as (
    select
        periods.scenario_id,
        given.version,
        given.bank_jurisdiction as jurisdiction,
        segments.segment,
        given.parameter,
        given.value,
        given.jurisdiction as given_jurisdiction,
        given.segment as given_segment,
        given.source,
        given.effective_from,
        periods.first_day,
        periods.last_day
    from periods
    cross join segments
    inner join given
        on periods.scenario_id = given.scenario_id
        and given.segment in (segments.segment, 'any')
        and periods.first_day >= given.effective_from
        and periods.first_day <= coalesce(given.effective_to, date '9999-12-31')
    qualify row_number() over (
        partition by periods.scenario_id, periods.first_day, segments.segment, given.parameter
        order by given.jurisdiction = 'any', given.segment = 'any'
    ) = 1
)

select * from final
