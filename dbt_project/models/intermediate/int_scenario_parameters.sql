with parameters as (
    select * from {{ ref('scenario_parameters') }}
),

segments as (
    select * from {{ ref('segments') }}
),

boundaries as (
    select
        scenario_id,
        jurisdiction,
        effective_from as first_day
    from parameters
    union
    select
        scenario_id,
        jurisdiction,
        effective_to + 1 as first_day
    from parameters
    where effective_to is not null
),

periods as (
    select
        *,
        lead(first_day) over (partition by scenario_id, jurisdiction order by first_day) - 1 as last_day
    from boundaries
),

-- In each period a segment has its own value of a parameter, or that of segment 'any'. There is one of each, and one
-- version, since check_scenarios refuses rows that overlap.
resolved as (
    select
        periods.scenario_id,
        parameters.version,
        periods.jurisdiction,
        segments.segment,
        parameters.parameter,
        parameters.value,
        periods.first_day,
        periods.last_day
    from periods
    cross join segments
    inner join parameters
        on periods.scenario_id = parameters.scenario_id
        and periods.jurisdiction = parameters.jurisdiction
        and parameters.segment in (segments.segment, 'any')
        and periods.first_day >= parameters.effective_from
        and periods.first_day <= coalesce(parameters.effective_to, date '9999-12-31')
    qualify row_number() over (
        partition by
            periods.scenario_id, periods.jurisdiction, periods.first_day, segments.segment, parameters.parameter
        order by parameters.segment = 'any'
    ) = 1
),

final as (
    select * from resolved
)

select * from final
