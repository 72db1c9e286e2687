{{
    config(
        incremental_strategy='delete+insert',
        unique_key=['_partition', '_offset'],
        post_hook='{{ record_watermark() }}'
    )
}}

with landed as (
    select * from {{ landing_since('bank', 'bank_ownership') }}
),

final as (
    select
        coalesce(entity_id, _key) as entity_id,
        owner_id,
        control_kind,
        share_percent,
        valid_from,
        valid_to,
        updated_at,
        coalesce(updated_at, _timestamp) as changed_at,
        _tombstone as is_deletion,
        'bank.ownership' as _topic,
        _partition,
        _offset,
        _landed_at,
        {{ pin() }}::bigint as _pin
    from landed
)

select * from final
