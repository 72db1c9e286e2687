{#- The pin up to which this model has taken its input, or -1. Kept in the ledger, written in the model's transaction. It
    comes by the environment as the pin does, since models ask for it hundreds of times a build. -#}
{% macro watermark() -%}
    {%- if not execute -%}
        {{ return(-1) }}
    {%- endif -%}
    {%- set name = this.schema ~ '.' ~ this.identifier -%}
    {%- set value = fromjson(env_var('VIGIL_WATERMARKS')).get(name) -%}
    {%- if value is none -%}
        {{ return(-1) }}
    {%- endif -%}
    {%- if value > pin() -%}
        {{ exceptions.raise_compiler_error(
            name ~ " is built up to snapshot " ~ value ~ ", and this build's pin " ~ pin()
            ~ " lies before it: take a newer pin, or rebuild with --full-refresh"
        ) }}
    {%- endif -%}
    {{ return(value | int) }}
{%- endmacro %}

{#- Post hook of an incremental model: the watermark moves in the same transaction as the rows. -#}
{% macro record_watermark() -%}
    insert into lake.ledger.watermarks (model, pin, built_at)
    values ('{{ this.schema }}.{{ this.identifier }}', {{ pin() }}, timezone('UTC', now()))
{%- endmacro %}
