{#- Names of the event's fields (those without a leading underscore) in which two rows differ, as a list. -#}
{% macro differing_fields(relation, one, other) -%}
    {%- if not execute -%}
        []::varchar[]
    {%- else -%}
        list_filter([
        {%- for column in adapter.get_columns_in_relation(relation) if not column.name.startswith('_') %}
            case when {{ one }}.{{ column.name }} is distinct from {{ other }}.{{ column.name }} then '{{ column.name }}' end
            {{- ',' if not loop.last }}
        {%- endfor %}
        ]::varchar[], lambda field: field is not null)
    {%- endif -%}
{%- endmacro %}
