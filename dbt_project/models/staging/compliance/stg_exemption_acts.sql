{{
    config(
        incremental_strategy='delete+insert',
        unique_key='act_id',
        post_hook='{{ record_watermark() }}'
    )
}}

with landed as (
    select
        act_id,
        exemption_id,
        act,
        officer_id,
        officer_name,
        officer_role,
        decided_at,
        party_id,
        basis,
        effective_on,
        doing_business_as,
        risk_assessed,
        prior_document_number,
        reason,
        'compliance.exemptions' as _topic,
        _partition,
        _offset,
        _timestamp,
        _landed_at,
        {{ pin() }}::bigint as _pin
    from {{ landing_since('compliance', 'compliance_exemptions') }}
),

{{ first_sent('act_id', '_landed_at, _partition, _offset') }}

select * from final
