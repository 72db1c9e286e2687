{#- The identifier of the case that an alert opens. -#}
{% macro case_id(subject_type, subject_id, first_alert_id) -%}
    md5(concat_ws('|', {{ subject_type }}, {{ subject_id }}, {{ first_alert_id }}))
{%- endmacro %}
