{#- The landing snapshot of this build, the same for all its models. -#}
{% macro pin() -%}
    {%- if not execute -%}
        {{ return(0) }}
    {%- endif -%}
    {%- set value = var('pin', none) -%}
    {%- if value is none -%}
        {{ exceptions.raise_compiler_error(
            "a build reads landing at one snapshot and none is given: run 'vigil build', which chooses it, "
            ~ "or pass --vars '{pin: N}' with an N of lake.snapshots()"
        ) }}
    {%- endif -%}
    {{ return(value | int) }}
{%- endmacro %}
