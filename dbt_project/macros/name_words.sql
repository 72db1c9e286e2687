{#- The words of a name, without case, accents, punctuation and order: 'Pérez, Juan' and 'JUAN PEREZ' are the same. -#}
{% macro name_words(name) -%}
    list_sort(regexp_extract_all(upper(strip_accents({{ name }})), '[\p{L}\p{N}]+'))
{%- endmacro %}
