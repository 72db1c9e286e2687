{{
    config(
        incremental_strategy='delete+insert',
        unique_key='event_id',
        post_hook='{{ record_watermark() }}'
    )
}}

with landed as (
    select
        event_id,
        filing_ref,
        case_id,
        business_day,
        designation_id,
        profile,
        status,
        pin,
        sha256,
        officer_id,
        regulator_reference,
        corrects,
        retain_until,
        occurred_at,
        errors,
        'compliance.filings' as _topic,
        _partition,
        _offset,
        _landed_at,
        {{ pin() }}::bigint as _pin
    from {{ landing_since('compliance', 'compliance_filings') }}
),

{{ first_sent('event_id', '_landed_at, _partition, _offset') }}

select * from final
