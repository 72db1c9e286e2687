{#- Whether an amount is to be reported under reporting_threshold: some laws report what is above it (at_threshold 0),
    others what is at it, too (1). -#}
{% macro meets_threshold(amount) -%}
    ({{ amount }} > reporting_threshold or ({{ amount }} = reporting_threshold and at_threshold = 1))
{%- endmacro %}
