{#- The pin up to which this model has taken its input, or -1. Kept in the ledger, written in the model's transaction. -#}
{% macro watermark() -%}
    {%- if not execute -%}
        {{ return(-1) }}
    {%- endif -%}
    {%- set name = this.schema ~ '.' ~ this.identifier -%}
    {%- set rows = run_query(
        "select arg_max(pin, built_at) from lake.ledger.watermarks where model = '" ~ name ~ "'"
    ) -%}
    {%- set value = rows.columns[0].values()[0] -%}
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
