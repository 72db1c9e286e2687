{{
    config(
        incremental_strategy='delete+insert',
        unique_key=['_partition', '_offset'],
        post_hook='{{ record_watermark() }}'
    )
}}

with final as (
    select
        event_id,
        filing_ref,
        case_id,
        profile,
        status,
        pin,
        sha256,
        officer_id,
        regulator_reference,
        occurred_at,
        errors,
        'compliance.filings' as _topic,
        _partition,
        _offset,
        _landed_at,
        {{ pin() }}::bigint as _pin
    from {{ landing_since('compliance', 'compliance_filings') }}
)

select * from final
