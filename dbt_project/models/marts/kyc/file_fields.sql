with parties as (
    select * from {{ ref('stg_parties') }} where not is_deleted
),

account_parties as (
    select * from {{ ref('int_account_parties') }} where role in ('holder', 'joint_holder')
),

survivors as (
    select * from {{ ref('int_party_survivors') }}
),

owned_entities as (
    select * from {{ ref('owned_entities') }}
),

requirements as (
    select * from {{ ref('kyc_requirements') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

customers as (
    select distinct coalesce(survivors.survivor_id, account_parties.party_id) as party_id
    from account_parties
    left join survivors on account_parties.party_id = survivors.party_id
),

known as (
    select
        parties.*,
        as_of.jurisdiction,
        as_of.day as as_of_day,
        coalesce(owned_entities.beneficial_owners, 0) as beneficial_owners
    from parties
    inner join customers on parties.party_id = customers.party_id
    cross join as_of
    left join owned_entities on parties.party_id = owned_entities.entity_id
),

-- Each field a requirement may name, and whether it is there.
facts as (
    select
        party_id,
        party_type,
        jurisdiction,
        as_of_day,
        unnest([
            {'field': 'name', 'is_there': name is not null},
            {'field': 'birth_date', 'is_there': birth_date is not null},
            {'field': 'birth_place', 'is_there': birth_place is not null},
            {'field': 'nationality', 'is_there': nationality is not null},
            {'field': 'residence_country', 'is_there': residence_country is not null},
            {'field': 'tax_id', 'is_there': tax_id is not null},
            {'field': 'occupation', 'is_there': occupation is not null},
            {'field': 'legal_form', 'is_there': legal_form is not null},
            {'field': 'incorporation_number', 'is_there': incorporation_number is not null},
            {'field': 'incorporation_country', 'is_there': incorporation_country is not null},
            {'field': 'industry_code', 'is_there': industry_code is not null},
            {'field': 'identification', 'is_there': coalesce(len(identifications), 0) > 0},
            {
                'field': 'valid_document',
                'is_there': coalesce(
                    len(list_filter(identifications, lambda i: coalesce(i.expires_on >= as_of_day, true))), 0
                ) > 0
            },
            {'field': 'address', 'is_there': coalesce(len(addresses), 0) > 0},
            {'field': 'phone', 'is_there': coalesce(len(phones), 0) > 0},
            {'field': 'source_of_funds', 'is_there': source_of_funds is not null},
            {'field': 'purpose_of_relationship', 'is_there': purpose_of_relationship is not null},
            {'field': 'expected_monthly_turnover', 'is_there': expected_monthly_turnover is not null},
            {'field': 'verification', 'is_there': verified_on is not null},
            {'field': 'beneficial_owner', 'is_there': beneficial_owners > 0}
        ], recursive := true)
    from known
),

-- What a jurisdiction asks for goes beside what all do.
final as (
    select
        facts.party_id,
        facts.party_type,
        facts.field,
        string_agg(requirements.source, '; ' order by requirements.jurisdiction) as source,
        facts.is_there,
        facts.as_of_day
    from facts
    inner join requirements
        on facts.party_type = requirements.party_type
        and facts.field = requirements.field
        and requirements.jurisdiction in ('any', facts.jurisdiction)
        and facts.as_of_day >= requirements.effective_from
        and facts.as_of_day <= coalesce(requirements.effective_to, date '9999-12-31')
    group by all
)

select * from final
