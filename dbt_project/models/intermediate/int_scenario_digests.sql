{{ config(incremental_strategy='delete+insert', unique_key='scenario_id') }}

with parameters as (
    select * from {{ ref('int_scenario_parameters') }}
),

digests as (
    select
        scenario_id,
        md5(string_agg(
            concat_ws('|', version, jurisdiction, segment, parameter, value, first_day, last_day), chr(10)
            order by version, jurisdiction, segment, parameter, first_day
        )) as digest
    from parameters
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
