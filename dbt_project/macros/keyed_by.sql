{#- Makes a recursive CTE keep one row a key, the newest, and go on from those that changed; `recurring.name` is what it
    keeps. -#}
{% macro keyed_by(columns) -%}
    using key ({{ columns }})
{%- endmacro %}
