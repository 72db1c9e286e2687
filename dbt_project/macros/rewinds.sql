{#- After a rewind (docs/landing.md) rows that a model took from landing are changed or gone, and no watermark tells it.
    So a model that keeps rows from build to build is built anew, as by --full-refresh, if a topic it depends on was
    landed again behind its watermark. A model that replaces all its rows needs nothing. -#}
{% macro should_full_refresh() -%}
    {%- set configured = config.get('full_refresh') -%}
    {%- if configured is not none -%}
        {{ return(configured) }}
    {%- endif -%}
    {{ return(flags.FULL_REFRESH or (execute and config.get('incremental_strategy') != 'replace' and is_rewound())) }}
{%- endmacro %}

{#- Whether a topic upstream of this model was landed again after the model's watermark, up to the pin. -#}
{% macro is_rewound() -%}
    {%- set watermark = watermark() -%}
    {%- if watermark < 0 -%}
        {{ return(false) }}
    {%- endif -%}
    {%- for table, snapshot in fromjson(env_var('VIGIL_REWINDS')).items() if snapshot > watermark -%}
        {%- if table in landing_tables(model.depends_on.nodes, []) -%}
            {{ return(true) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(false) }}
{%- endmacro %}

{#- The landing tables behind these nodes, however far; `seen` keeps it from going twice. -#}
{% macro landing_tables(unique_ids, seen) -%}
    {%- set found = [] -%}
    {%- for unique_id in unique_ids if unique_id not in seen -%}
        {%- do seen.append(unique_id) -%}
        {%- if unique_id in graph.sources -%}
            {%- do found.append(graph.sources[unique_id].identifier) -%}
        {%- elif unique_id in graph.nodes -%}
            {%- do found.extend(landing_tables(graph.nodes[unique_id].depends_on.nodes, seen)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
