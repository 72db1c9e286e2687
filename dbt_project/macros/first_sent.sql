{#- The common end of an incremental model that keeps each `key` once, as it was first sent by `order`. It expects the CTE
    `landed`, in the model's columns: the rows that the model has not taken yet. A key that was sent again keeps the row
    it was first sent with, whichever of them landed first. -#}
{% macro first_sent(key, order) -%}
candidates as (
    select
        *,
        true as is_new
    from landed
    {%- if is_incremental() %}
    union all
    select
        *,
        false as is_new
    from {{ this }}
    where {{ key }} in (select {{ key }} from landed)
    {%- endif %}
),

first_sent as (
    select *
    from candidates
    qualify row_number() over (partition by {{ key }} order by {{ order }}, is_new) = 1
),

final as (
    select * exclude (is_new)
    from first_sent
    where is_new
)
{%- endmacro %}
