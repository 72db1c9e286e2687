{#- The parameters of a scenario as columns. One row a version, jurisdiction, segment and period. What raises alerts has
    burst_days, too.
    A parameter that the seed lacks stops the build: a scenario that compares with null would never fire. -#}
{% macro scenario_parameters(scenario_id, names) -%}
    select
        version,
        jurisdiction,
        segment,
        first_day,
        coalesce(last_day, date '9999-12-31') as last_day,
    {%- set every = [] if scenario_id in var('rules_without_alerts') else ['burst_days'] %}
    {%- for name in names + every %}
        coalesce(
            max(value) filter (where parameter = '{{ name }}'),
            error('seeds/scenario_parameters.csv gives scenario {{ scenario_id }} no parameter {{ name }}')
        ) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
    from {{ ref('int_scenario_parameters') }}
    where scenario_id = '{{ scenario_id }}'
    group by all
{%- endmacro %}

{#- The join condition that finds an event's parameters: those of its jurisdiction and segment on its day. -#}
{% macro in_force(events, parameters='parameters') -%}
    {{ events }}.jurisdiction = {{ parameters }}.jurisdiction
        and {{ events }}.segment = {{ parameters }}.segment
        and {{ events }}.local_date between {{ parameters }}.first_day and {{ parameters }}.last_day
{%- endmacro %}

{#- The events of one subject up to and including the current one, as far back as its parameters say. -#}
{% macro lookback_window(subject) -%}
    (
        partition by {{ subject }}
        order by booked_at
        range between to_days(lookback_days::integer) preceding and current row
    )
{%- endmacro %}

{#- The same without what happened at the current event's own moment. -#}
{% macro earlier_window(subject) -%}
    (
        partition by {{ subject }}
        order by booked_at
        range between to_days(lookback_days::integer) preceding and to_microseconds(1) preceding
    )
{%- endmacro %}

{#- The events of one subject in the history_days that ended before its lookback. -#}
{% macro history_window(subject) -%}
    (
        partition by {{ subject }}
        order by booked_at
        range between
            to_days((lookback_days + history_days)::integer) preceding
            and (to_days(lookback_days::integer) + to_microseconds(1)) preceding
    )
{%- endmacro %}
