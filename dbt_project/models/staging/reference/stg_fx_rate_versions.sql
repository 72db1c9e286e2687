{{
    config(
        incremental_strategy='delete+insert',
        unique_key=['_partition', '_offset'],
        post_hook='{{ record_watermark() }}'
    )
}}

with final as (
    select
        pair,
        base_currency,
        quote_currency,
        rate,
        rate_date,
        source,
        published_at,
        'reference.fx-rates' as _topic,
        _partition,
        _offset,
        _landed_at,
        {{ pin() }}::bigint as _pin
    from {{ landing_since('reference', 'reference_fx_rates') }}
)

select * from final
