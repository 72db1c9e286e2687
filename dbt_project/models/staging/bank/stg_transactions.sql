{{
    config(
        incremental_strategy='delete+insert',
        unique_key='idempotency_key',
        post_hook='{{ record_watermark() }}'
    )
}}

with landed as (
    select
        transaction_id,
        idempotency_key,
        end_to_end_id,
        account_id,
        direction,
        booked_at,
        value_date,
        method,
        channel,
        instructed_amount,
        instructed_currency,
        settled_amount,
        settled_currency,
        debtor_name,
        debtor_party_id,
        debtor_account_id,
        debtor_agent,
        debtor_country,
        creditor_name,
        creditor_party_id,
        creditor_account_id,
        creditor_agent,
        creditor_country,
        conductor_party_id,
        conductor_name,
        branch_id,
        place_town,
        place_country,
        device_id,
        merchant_category_code,
        purpose,
        remittance_information,
        reversal_of,
        'bank.transactions' as _topic,
        _partition,
        _offset,
        _timestamp,
        _landed_at,
        {{ pin() }}::bigint as _pin,
        true as is_new
    from {{ landing_since('bank', 'bank_transactions') }}
),

{% if is_incremental() %}
kept as (
    select
        *,
        false as is_new
    from {{ this }}
    where idempotency_key in (select idempotency_key from landed)
),

candidates as (
    select * from kept
    union all
    select * from landed
),
{% else %}
candidates as (
    select * from landed
),
{% endif %}

-- A key that was sent again keeps the row it was first sent with, whichever of them landed first.
first_sent as (
    select *
    from candidates
    qualify row_number() over (partition by idempotency_key order by _timestamp, _partition, _offset, is_new) = 1
),

final as (
    select * exclude (is_new)
    from first_sent
    where is_new
)

select * from final
