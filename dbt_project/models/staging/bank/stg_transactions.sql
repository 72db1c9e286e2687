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
        ip_address,
        merchant_category_code,
        purpose,
        remittance_information,
        reversal_of,
        'bank.transactions' as _topic,
        _partition,
        _offset,
        _timestamp,
        _landed_at,
        {{ pin() }}::bigint as _pin
    from {{ landing_since('bank', 'bank_transactions') }}
),

{{ first_sent('idempotency_key', '_timestamp, _partition, _offset') }}

select * from final
