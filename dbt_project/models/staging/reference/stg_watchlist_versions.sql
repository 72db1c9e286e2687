{{
    config(
        incremental_strategy='delete+insert',
        unique_key=['_partition', '_offset'],
        post_hook='{{ record_watermark() }}'
    )
}}

with landed as (
    select * from {{ landing_since('reference', 'reference_watchlists') }}
),

final as (
    select
        coalesce(entry_id, _key) as entry_id,
        list_name,
        list_version,
        entry_type,
        name,
        aliases,
        birth_dates,
        countries,
        addresses,
        identifiers,
        programs,
        remarks,
        published_at,
        coalesce(published_at, _timestamp) as changed_at,
        _tombstone as is_deletion,
        'reference.watchlists' as _topic,
        _partition,
        _offset,
        _landed_at,
        {{ pin() }}::bigint as _pin
    from landed
)

select * from final
