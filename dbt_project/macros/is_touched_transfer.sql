{#- What int_transfers pairs in an incremental build: the end-to-end ids of movements that it has not seen yet, and those
    that a movement had which was taken for the first of its key until an earlier one landed. -#}
{% macro is_touched_transfer() -%}
    {%- set movements = ref('int_movements') -%}
    {%- set conflicts = ref('stg_transaction_conflicts') -%}
    {%- if is_incremental() -%}
        {%- set watermark = watermark() -%}
        end_to_end_id in (
            select end_to_end_id from {{ movements }} where _pin > {{ watermark }}
            union
            select end_to_end_id from {{ conflicts }} where kept_pin > {{ watermark }}
        )
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
