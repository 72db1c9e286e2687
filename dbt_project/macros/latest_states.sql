{#- The common end of a model of latest states. It expects the CTE `versions`, of a topic with tombstones.

    `key` is the message's key, of which a tombstone speaks; `identity` the columns that name one state where a key has
    several, as an entity has owners. -#}
{% macro latest_states(key, identity=none) -%}
deletions as (
    select
        {{ key }},
        max(_offset) as deleted_at_offset
    from versions
    where is_deletion
    group by all
),

latest as (
    select *
    from versions
    where not is_deletion
    qualify row_number() over (partition by {{ identity or key }} order by changed_at desc, _offset desc) = 1
),

-- Events of one key share a partition, so a deletion took place if its offset lies behind the latest state's.
final as (
    select
        latest.* exclude (is_deletion),
        coalesce(deletions.deleted_at_offset > latest._offset, false) as is_deleted
    from latest
    left join deletions on latest.{{ key }} = deletions.{{ key }}
)
{%- endmacro %}
