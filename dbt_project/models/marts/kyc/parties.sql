with parties as (
    select * from {{ ref('stg_parties') }} where not is_deleted
),

account_parties as (
    select * from {{ ref('int_account_parties') }}
),

ownership as (
    select * from {{ ref('stg_ownership') }} where not is_deleted
),

alerts as (
    select * from {{ ref('alerts') }} where withdrawn_pin is null
),

accounts as (
    select * from {{ ref('int_account_holders') }} where valid_to is null
),

requirements as (
    select * from {{ ref('kyc_requirements') }}
),

risk_factors as (
    select * from {{ ref('risk_factors') }}
),

risk_ratings as (
    select * from {{ ref('risk_ratings') }}
),

-- The newest day in the data stands for today: a build reads no clock. Before anything has moved it is the day on which
-- a party last changed.
as_of as (
    select
        coalesce(
            (select max(local_date) from {{ ref('int_movements') }}),
            (select max(changed_at)::date from {{ ref('stg_parties') }})
        ) as day
),

customers as (
    select distinct party_id
    from account_parties
    where role in ('holder', 'joint_holder')
),

owned as (
    select distinct entity_id from ownership where valid_to is null
),

alerted as (
    select
        coalesce(accounts.holder_party_id, alerts.subject_id) as party_id,
        count(*) as alerts
    from alerts
    left join accounts on alerts.subject_type = 'account' and alerts.subject_id = accounts.account_id
    group by all
),

known as (
    select
        parties.*,
        customers.party_id is not null as is_customer,
        owned.entity_id is not null as has_owners,
        coalesce(alerted.alerts, 0) as standing_alerts,
        as_of.day as as_of_day
    from parties
    cross join as_of
    left join customers on parties.party_id = customers.party_id
    left join owned on parties.party_id = owned.entity_id
    left join alerted on parties.party_id = alerted.party_id
),

-- Each field a requirement may name, and whether it is there.
facts as (
    select
        party_id,
        party_type,
        as_of_day,
        unnest([
            {'field': 'name', 'is_there': name is not null},
            {'field': 'birth_date', 'is_there': birth_date is not null},
            {'field': 'nationality', 'is_there': nationality is not null},
            {'field': 'residence_country', 'is_there': residence_country is not null},
            {'field': 'tax_id', 'is_there': tax_id is not null},
            {'field': 'occupation', 'is_there': occupation is not null},
            {'field': 'legal_form', 'is_there': legal_form is not null},
            {'field': 'incorporation_number', 'is_there': incorporation_number is not null},
            {'field': 'incorporation_country', 'is_there': incorporation_country is not null},
            {'field': 'industry_code', 'is_there': industry_code is not null},
            {
                'field': 'identification',
                'is_there': coalesce(
                    len(list_filter(identifications, lambda i: coalesce(i.expires_on >= as_of_day, true))), 0
                ) > 0
            },
            {'field': 'address', 'is_there': coalesce(len(addresses), 0) > 0},
            {'field': 'phone', 'is_there': coalesce(len(phones), 0) > 0},
            {'field': 'source_of_funds', 'is_there': source_of_funds is not null},
            {'field': 'purpose_of_relationship', 'is_there': purpose_of_relationship is not null},
            {'field': 'expected_monthly_turnover', 'is_there': expected_monthly_turnover is not null},
            {'field': 'beneficial_owner', 'is_there': has_owners}
        ], recursive := true)
    from known
    where is_customer
),

completeness as (
    select
        facts.party_id,
        (count(*) filter (where facts.is_there) / count(*))::decimal(5, 4) as completeness,
        coalesce(list_sort(list(facts.field) filter (where not facts.is_there)), []) as missing
    from facts
    inner join requirements
        on facts.party_type = requirements.party_type
        and facts.field = requirements.field
        and facts.as_of_day >= requirements.effective_from
        and facts.as_of_day <= coalesce(requirements.effective_to, date '9999-12-31')
    group by all
),

traits as (
    select
        known.party_id,
        known.as_of_day,
        unnest(
            [
                {'factor': 'pep', 'value': coalesce(known.pep, false)::varchar},
                {'factor': 'residence_country', 'value': known.residence_country},
                {'factor': 'nationality', 'value': known.nationality},
                {'factor': 'incorporation_country', 'value': known.incorporation_country},
                {'factor': 'industry', 'value': known.industry_code},
                {'factor': 'segment', 'value': known.segment},
                {'factor': 'standing_alerts', 'value': (known.standing_alerts > 0)::varchar},
                {'factor': 'incomplete', 'value': (completeness.completeness < 1)::varchar}
            ],
            recursive := true
        )
    from known
    left join completeness on known.party_id = completeness.party_id
),

-- An industry is meant with all codes that begin like it.
scored as (
    select
        traits.party_id,
        sum(risk_factors.points) as risk_score,
        list_sort(list(format('{} {}: {} points', traits.factor, traits.value, risk_factors.points))) as risk_reasons
    from traits
    inner join risk_factors
        on traits.factor = risk_factors.factor
        and (
            traits.value = risk_factors.value
            or (traits.factor = 'industry' and starts_with(traits.value, risk_factors.value))
        )
        and traits.as_of_day >= risk_factors.effective_from
        and traits.as_of_day <= coalesce(risk_factors.effective_to, date '9999-12-31')
    group by all
),

rated as (
    select
        known.party_id,
        coalesce(scored.risk_score, 0)::bigint as risk_score,
        coalesce(scored.risk_reasons, []) as risk_reasons,
        risk_ratings.rating as risk_rating,
        risk_ratings.review_months
    from known
    left join scored on known.party_id = scored.party_id
    inner join risk_ratings
        on coalesce(scored.risk_score, 0) >= risk_ratings.minimum_score
        and known.as_of_day >= risk_ratings.effective_from
        and known.as_of_day <= coalesce(risk_ratings.effective_to, date '9999-12-31')
    qualify row_number() over (partition by known.party_id order by risk_ratings.minimum_score desc) = 1
),

final as (
    select
        known.party_id,
        known.party_type,
        known.name,
        coalesce(known.segment, 'unknown') as segment,
        known.is_customer,
        completeness.completeness,
        coalesce(completeness.missing, []) as missing,
        rated.risk_score,
        rated.risk_rating,
        rated.risk_reasons,
        known.standing_alerts,
        case
            when known.is_customer
                then (coalesce(known.reviewed_on, known.onboarded_on) + to_months(rated.review_months))::date
        end as review_due,
        case
            when known.is_customer
                then coalesce(
                    (coalesce(known.reviewed_on, known.onboarded_on) + to_months(rated.review_months))::date
                    < known.as_of_day,
                    true
                )
            else false
        end as overdue,
        known.as_of_day
    from known
    inner join rated on known.party_id = rated.party_id
    left join completeness on known.party_id = completeness.party_id
)

select * from final
