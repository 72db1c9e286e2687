with survivors as (
    select * from {{ ref('int_party_survivors') }}
),

-- What was merged into another goes on as that one.
parties as (
    select *
    from {{ ref('stg_parties') }}
    where not is_deleted and party_id not in (select party_id from survivors)
),

account_parties as (
    select * from {{ ref('int_account_parties') }}
),

alerts as (
    select * from {{ ref('alerts') }} where withdrawn_pin is null
),

accounts as (
    select * from {{ ref('int_account_holders') }} where valid_to is null
),

file_fields as (
    select * from {{ ref('file_fields') }}
),

risk_factors as (
    select * from {{ ref('risk_factors') }}
),

risk_ratings as (
    select * from {{ ref('risk_ratings') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

customers as (
    select distinct coalesce(survivors.survivor_id, account_parties.party_id) as party_id
    from account_parties
    left join survivors on account_parties.party_id = survivors.party_id
    where account_parties.role in ('holder', 'joint_holder')
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
        coalesce(alerted.alerts, 0) as standing_alerts,
        as_of.day as as_of_day,
        as_of.jurisdiction
    from parties
    cross join as_of
    left join customers on parties.party_id = customers.party_id
    left join alerted on parties.party_id = alerted.party_id
),

completeness as (
    select
        party_id,
        (count(*) filter (where is_there) / count(*))::decimal(5, 4) as completeness,
        coalesce(list_sort(list(field) filter (where not is_there)), []) as missing
    from file_fields
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
        and known.jurisdiction = risk_ratings.jurisdiction
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
