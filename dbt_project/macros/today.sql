{#- The day that stands for today in the zone of `jurisdiction`: that of the pin's snapshot, which the same pin gives for
    ever, or the one that VIGIL_TODAY names, for a bank whose events are of another time than its clock. A model that
    needs it reads int_today. -#}
{% macro today(jurisdiction) -%}
    {%- set value = env_var('VIGIL_TODAY', '') if execute else '' -%}
    {%- if value -%}
        date '{{ value }}'
    {%- else -%}
        coalesce(
            (
                select timezone({{ jurisdiction }}.time_zone, snapshot_time)::date
                from lake.snapshots()
                where snapshot_id = {{ pin() }}
            ),
            error('snapshot {{ pin() }}, the pin, is not in the lake; build from a newer one')
        )
    {%- endif -%}
{%- endmacro %}
