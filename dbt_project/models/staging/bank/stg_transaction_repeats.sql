with landed as (
    select * from {{ landing('bank', 'bank_transactions') }}
),

kept as (
    select * from {{ ref('stg_transactions') }}
),

repeats as (
    select landed.*
    from landed
    anti join kept on landed._partition = kept._partition and landed._offset = kept._offset
),

final as (
    select
        repeats.idempotency_key,
        repeats.transaction_id,
        repeats.account_id,
        repeats.conductor_party_id,
        kept.transaction_id as kept_transaction_id,
        kept.account_id as kept_account_id,
        {{ differing_fields(ref('stg_transactions'), 'repeats', 'kept') }} as differing_fields,
        repeats._partition,
        repeats._offset,
        kept._partition as kept_partition,
        kept._offset as kept_offset,
        kept._pin as kept_pin,
        repeats._landed_at
    from repeats
    inner join kept on repeats.idempotency_key = kept.idempotency_key
)

select * from final
