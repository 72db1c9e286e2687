{#- The landing snapshot of this build, the same for all its models. It comes by the environment, not by --vars, since dbt
    parses the whole project again whenever the vars differ from the build before. -#}
{% macro pin() -%}
    {%- if not execute -%}
        {{ return(0) }}
    {%- endif -%}
    {%- set value = env_var('VIGIL_PIN', '') -%}
    {%- if not value -%}
        {{ exceptions.raise_compiler_error(
            "a build reads landing at one snapshot and none is given: run 'vigil build', which chooses it, "
            ~ "or set VIGIL_PIN to a snapshot_id of lake.snapshots()"
        ) }}
    {%- endif -%}
    {{ return(value | int) }}
{%- endmacro %}
