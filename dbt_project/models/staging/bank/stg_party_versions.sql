{{
    config(
        incremental_strategy='delete+insert',
        unique_key=['_partition', '_offset'],
        post_hook='{{ record_watermark() }}'
    )
}}

with landed as (
    select * from {{ landing_since('bank', 'bank_parties') }}
),

final as (
    select
        coalesce(party_id, _key) as party_id,
        party_type,
        name,
        first_name,
        last_name,
        gender,
        birth_date,
        birth_place,
        nationality,
        residence_country,
        tax_id,
        tax_id_country,
        occupation,
        legal_form,
        incorporation_number,
        incorporation_date,
        incorporation_country,
        industry_code,
        identifications,
        addresses,
        phones,
        email,
        segment,
        pep,
        expected_monthly_turnover,
        expected_turnover_currency,
        source_of_funds,
        purpose_of_relationship,
        onboarded_on,
        reviewed_on,
        verified_on,
        onboarding_channel,
        merged_into,
        status,
        updated_at,
        coalesce(updated_at, _timestamp) as changed_at,
        _tombstone as is_deletion,
        'bank.parties' as _topic,
        _partition,
        _offset,
        _landed_at,
        {{ pin() }}::bigint as _pin
    from landed
)

select * from final
