{#- The join condition that finds the rows of seeds/risk_factors.csv that held on an event's day. -#}
{% macro listed_then(events, factors) -%}
    {{ events }}.local_date >= {{ factors }}.effective_from
        and {{ events }}.local_date <= coalesce({{ factors }}.effective_to, date '9999-12-31')
{%- endmacro %}
