{#- A landing table as it stood at the build's pin. -#}
{% macro landing(group, table) -%}
    {{ source(group, table) }} at (version => {{ pin() }})
{%- endmacro %}

{#- The rows of a landing table that this model has not taken yet: those committed after its watermark, up to the pin.
    Where the snapshots after the watermark have been expired, all rows: the models delete and insert by key, so taking
    a row twice does no harm. -#}
{% macro landing_since(group, table) -%}
    {%- set relation = source(group, table) -%}
    {%- if not (execute and is_incremental()) -%}
        {{ landing(group, table) }}
    {%- else -%}
        {%- set watermark = watermark() -%}
        {%- if watermark == pin() -%}
            (select * from {{ landing(group, table) }} where false)
        {%- elif watermark >= 0 and snapshot_is_kept(watermark + 1) -%}
            ducklake_table_insertions(
                'lake', '{{ relation.schema }}', '{{ relation.identifier }}', {{ watermark + 1 }}, {{ pin() }}
            )
        {%- else -%}
            {{ landing(group, table) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro snapshot_is_kept(snapshot) -%}
    {%- set rows = run_query("select count(*) from lake.snapshots() where snapshot_id = " ~ snapshot) -%}
    {{ return(rows.columns[0].values()[0] > 0) }}
{%- endmacro %}
