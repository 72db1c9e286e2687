-- In each period every segment has every parameter of the scenario.
with parameters as (
    select * from {{ ref('int_scenario_parameters') }}
),

expected as (
    select
        scenario_id,
        jurisdiction,
        count(distinct parameter) as parameters
    from parameters
    group by all
),

found as (
    select
        scenario_id,
        jurisdiction,
        segment,
        first_day,
        count(*) as parameters
    from parameters
    group by all
)

select found.*
from found
inner join expected
    on found.scenario_id = expected.scenario_id and found.jurisdiction = expected.jurisdiction
where found.parameters <> expected.parameters
