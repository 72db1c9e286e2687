{{
    config(
        incremental_strategy='delete+insert',
        unique_key=['_partition', '_offset'],
        post_hook='{{ record_watermark() }}'
    )
}}

with landed as (
    select * from {{ landing_since('bank', 'bank_accounts') }}
),

final as (
    select
        coalesce(account_id, _key) as account_id,
        account_number,
        account_name,
        account_type,
        currency,
        branch_id,
        opened_on,
        closed_on,
        status,
        purpose,
        parties,
        updated_at,
        coalesce(updated_at, _timestamp) as changed_at,
        _tombstone as is_deletion,
        'bank.accounts' as _topic,
        _partition,
        _offset,
        _landed_at,
        {{ pin() }}::bigint as _pin
    from landed
)

select * from final
