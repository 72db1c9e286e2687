{#- Acts, each with whether it is dated further ahead of its message than `parameters` allow: one that is would keep all
    others from being dated after it. A message is stamped in milliseconds. -#}
{% macro postdated(sent, parameters) -%}
    select
        {{ sent }}.*,
        coalesce(
            date_trunc('milliseconds', {{ sent }}.decided_at)
            > {{ sent }}._timestamp + to_minutes({{ parameters }}.ahead_minutes::bigint),
            false
        ) as is_postdated
    from {{ sent }}
    left join {{ parameters }}
        on {{ sent }}._timestamp::date between {{ parameters }}.first_day and {{ parameters }}.last_day
{%- endmacro %}
