with parties as (
    select * from {{ ref('parties') }} where is_customer
),

states as (
    select * from {{ ref('stg_parties') }}
),

final as (
    select
        parties.party_id,
        parties.party_type,
        parties.name,
        parties.segment,
        parties.risk_rating,
        parties.missing,
        parties.risk_score,
        parties.completeness,
        states.onboarded_on,
        states.reviewed_on,
        parties.review_due
    from parties
    inner join states on parties.party_id = states.party_id
)

select * from final
