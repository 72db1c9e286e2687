{{ config(incremental_strategy='delete+insert', unique_key='scenario_id') }}

with parameters as (
    select * from {{ ref('int_scenario_parameters') }}
),

-- Lists of countries and industries are parameters, too, of a scenario that weighs them.
weighed as (
    select
        string_agg(
            concat_ws('|', factor, value, points, effective_from, effective_to), chr(10)
            order by factor, value, effective_from
        ) as listed
    from {{ ref('risk_factors') }}
    where factor in ('residence_country', 'conflict_region', 'shell_industry', 'operating_purpose')
),

digests as (
    select
        parameters.scenario_id,
        md5(concat(
            string_agg(
                concat_ws(
                    '|', parameters.version, parameters.jurisdiction, parameters.segment, parameters.parameter,
                    parameters.value, parameters.first_day, parameters.last_day
                ),
                chr(10)
                order by
                    parameters.version, parameters.jurisdiction, parameters.segment, parameters.parameter,
                    parameters.first_day
            ),
            case
                when bool_or(parameters.parameter in ('minimum_country_points', 'minimum_industry_points'))
                    then any_value(weighed.listed)
            end
        )) as digest
    from parameters
    cross join weighed
    group by all
),

final as (
    select
        scenario_id,
        digest,
        {{ pin() }}::bigint as _pin
    from digests
    {% if is_incremental() %}
    where (scenario_id, digest) not in (select (scenario_id, digest) from {{ this }})
    {% endif %}
)

select * from final
