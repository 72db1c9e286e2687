{#- The common end of a bitemporal model: for which time each state held, and from when to when that was what had landed.
    It expects the CTE `versions`, of a topic with tombstones; `key` and `identity` are those of latest_states.

    A state holds from its event time until a newer state, or a deletion that was sent after it. What ends it may land
    later, out of order or twice; whenever something lands that ends it earlier than was known, the period that was known
    is closed (known_to) and another one opens. A period of no length is left out. -#}
{% macro state_history(key, identity=none) -%}
{%- set identity = identity or [key] -%}
{%- set same = [] -%}
{%- for column in identity %}{% do same.append('states.' ~ column ~ ' = others.' ~ column) %}{% endfor -%}
states as (
    select
        *,
        lead({'changed_at': changed_at, '_landed_at': _landed_at}) over in_time as successor,
        max(_landed_at) over (
            partition by {{ identity | join(', ') }} order by changed_at, _offset
            rows between unbounded preceding and 1 preceding
        ) > _landed_at as is_late
    from versions
    where not is_deletion
    window in_time as (partition by {{ identity | join(', ') }} order by changed_at, _offset)
),

-- Where all states landed in the order of their times only the next one can end a state first; else any later one may.
late as (
    select distinct {{ identity | join(', ') }}
    from states
    where is_late
),

late_states as (
    select states.*
    from states
    inner join late as others on {{ same | join(' and ') }}
),

endings as (
    select
        _partition,
        _offset,
        _landed_at as known_from,
        null::timestamp as ends_at,
        null as ended_by
    from states
    union all
    select
        _partition,
        _offset,
        greatest(_landed_at, successor._landed_at),
        successor.changed_at,
        'change'
    from states
    where successor is not null
    union all
    select
        states._partition,
        states._offset,
        greatest(states._landed_at, others._landed_at),
        others.changed_at,
        'change'
    from late_states as states
    inner join late_states as others
        on {{ same | join(' and ') }}
        and (others.changed_at, others._offset) > (states.changed_at, states._offset)
    union all
    select
        states._partition,
        states._offset,
        greatest(states._landed_at, others._landed_at),
        greatest(states.changed_at, others.changed_at),
        'deletion'
    from states
    inner join versions as others
        on states.{{ key }} = others.{{ key }}
        and others.is_deletion
        and others._offset > states._offset
),

moments as (
    select
        _partition,
        _offset,
        known_from,
        min(ends_at) as ends_at,
        arg_min(ended_by, ends_at) as ended_by
    from endings
    group by all
),

earliest as (
    select
        * exclude (ends_at, ended_by),
        min(ends_at) over so_far as valid_to,
        arg_min(ended_by, ends_at) over so_far as ended_by
    from moments
    window so_far as (partition by _partition, _offset order by known_from)
),

steps as (
    select *
    from earliest
    window in_landing as (partition by _partition, _offset order by known_from)
    qualify
        row_number() over in_landing = 1
        or valid_to is distinct from lag(valid_to) over in_landing
),

known as (
    select
        *,
        lead(known_from) over (partition by _partition, _offset order by known_from) as known_to
    from steps
),

periods as (
    select
        states.* exclude (is_deletion, is_late, successor, updated_at, changed_at, _landed_at, _pin),
        known.ended_by,
        states.changed_at as valid_from,
        known.valid_to,
        known.known_from,
        known.known_to
    from states
    inner join known on states._partition = known._partition and states._offset = known._offset
    where known.valid_to is null or known.valid_to > states.changed_at
)
{%- endmacro %}
