{{
    config(
        incremental_strategy='delete+insert',
        unique_key=['case_id', 'decision_id'],
        post_hook='{{ record_watermark() }}'
    )
}}

with landed as (
    select
        decision_id,
        case_id,
        act,
        officer_id,
        officer_name,
        officer_role,
        decided_at,
        seen,
        settles,
        assigned_to,
        transactions,
        disposition,
        joint_filers,
        referred_to,
        suppress_until,
        suppress_scenarios,
        reason,
        narrative,
        'compliance.decisions' as _topic,
        _partition,
        _offset,
        _timestamp,
        _landed_at,
        {{ pin() }}::bigint as _pin
    from {{ landing_since('compliance', 'compliance_decisions') }}
),

{{ first_sent('(case_id, decision_id)', '_landed_at, _partition, _offset') }}

select * from final
