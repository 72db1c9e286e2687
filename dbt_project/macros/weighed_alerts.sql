{#- CTEs, the last of them weighed: the last word of the log on each alert, with its points and the pins of the builds that
    raised it last and withdrew it. -#}
{% macro weighed_alerts() -%}
log as (
    select * from {{ ref('alert_log') }}
),

points as (
    select * from {{ ref('int_scenario_parameters') }} where parameter = 'points'
),

raised as (
    select
        alert_id,
        max(pin) as raised_pin
    from log
    where event = 'raised'
    group by all
),

last_words as (
    select *
    from log
    qualify row_number() over (partition by alert_id order by pin desc) = 1
),

weighed as (
    select
        last_words.* exclude (event, pin),
        -- A scenario that measures no strength is as strong as its threshold.
        (
            coalesce((last_words.measures ->> '$.strength')::double, 1)
            * coalesce(
                points.value,
                error('seeds/scenario_parameters.csv gives scenario ' || last_words.scenario_id || ' no points')
            )
        )::decimal(18, 4) as points,
        raised.raised_pin,
        case when last_words.event = 'withdrawn' then last_words.pin end as withdrawn_pin
    from last_words
    inner join raised on last_words.alert_id = raised.alert_id
    left join points
        on last_words.scenario_id = points.scenario_id
        and last_words.jurisdiction = points.jurisdiction
        and last_words.segment = points.segment
        and last_words.detected_at::date between points.first_day and coalesce(points.last_day, date '9999-12-31')
)
{%- endmacro %}
