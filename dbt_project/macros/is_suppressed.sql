{#- The join condition that finds what suppresses an alert. Late data may raise it again, which is another raising. Once it
    was more than what was decided on it is another matter, whatever becomes of it. A row of before strength was compared
    bounds the amount alone. -#}
{% macro is_suppressed(weighed='weighed', suppressions='suppressions') -%}
    {{ weighed }}.alert_id = {{ suppressions }}.alert_id
        and {{ weighed }}.raised_pin = {{ suppressions }}.raised_pin
        and ({{ weighed }}.most_strength > {{ suppressions }}.maximum_strength) is not true
        and {{ weighed }}.most_amount <= {{ suppressions }}.maximum_amount
{%- endmacro %}
