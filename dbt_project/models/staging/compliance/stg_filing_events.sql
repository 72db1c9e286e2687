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
        {{ pin() }}::bigint as _pin,
        true as is_new
    from {{ landing_since('compliance', 'compliance_filings') }}
),

{% if is_incremental() %}
kept as (
    select
        *,
        false as is_new
    from {{ this }}
    where event_id in (select event_id from landed)
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

-- The same step sent twice counts once, as it was first sent.
first_sent as (
    select *
    from candidates
    qualify row_number() over (partition by event_id order by _partition, _offset, is_new) = 1
),

final as (
    select * exclude (is_new)
    from first_sent
    where is_new
)

select * from final
