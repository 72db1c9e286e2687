{{
    config(
        incremental_strategy='delete+insert',
        unique_key='idempotency_key',
        post_hook='{{ record_watermark() }}'
    )
}}

-- DuckDB keeps what is read twice in memory if it is let, and this is all that ever landed.
with transactions as not materialized (
    select * from {{ landing('bank', 'bank_transactions') }}
),

{% if is_incremental() %}
landed as (
    select * from {{ landing_since('bank', 'bank_transactions') }}
),
{% endif %}

-- Most often there is none, and then nothing else is read.
sent_again as (
    select idempotency_key
    from transactions
    {% if is_incremental() %}
    where idempotency_key in (select landed.idempotency_key from landed)
    {% endif %}
    group by all
    having count(*) > 1
),

kept as (
    select * from {{ ref('stg_transactions') }}
    where idempotency_key in (select sent_again.idempotency_key from sent_again)
),

repeats as (
    select transactions.*
    from transactions
    anti join kept on transactions._partition = kept._partition and transactions._offset = kept._offset
    where transactions.idempotency_key in (select sent_again.idempotency_key from sent_again)
),

final as (
    select
        repeats.idempotency_key,
        repeats.transaction_id,
        repeats.end_to_end_id,
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
