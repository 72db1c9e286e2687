-- The scenarios whose alerts are logged (vars.scenarios) are those the seed describes.
{% set listed = var('scenarios') %}

with described as (
    select * from {{ ref('scenarios') }}
),

listed as (
    select unnest({{ listed }}) as scenario_id
)

select
    described.scenario_id as described,
    listed.scenario_id as listed
from described
full outer join listed on described.scenario_id = listed.scenario_id
where described.scenario_id is null or listed.scenario_id is null
