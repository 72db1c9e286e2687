with designations as (
    select * from {{ ref('exemption_designations') }} where kind <> 'revoked'
),

acts as (
    select * from {{ ref('exemption_acts') }} where violated_rule is null
),

parties as (
    select * from {{ ref('stg_parties') }}
),

accounts as (
    select
        account_parties.party_id,
        min(accounts.opened_on) as opened_on
    from {{ ref('int_account_parties') }} as account_parties
    inner join {{ ref('stg_accounts') }} as accounts on account_parties.account_id = accounts.account_id
    where account_parties.role in ('holder', 'joint_holder')
    group by all
),

cash as (
    select * from {{ ref('ctr_reportable') }}
),

ineligible as (
    select
        * exclude (effective_to),
        coalesce(effective_to, date '9999-12-31') as effective_to
    from {{ ref('ineligible_businesses') }}
),

rules as (
    select * from {{ ref('exemption_rules') }}
),

today as (
    select
        int_today.day,
        jurisdictions.time_zone
    from {{ ref('int_today') }} as int_today
    inner join {{ ref('int_jurisdiction') }} as jurisdictions on int_today.jurisdiction = jurisdictions.jurisdiction
),

-- A year is counted back from the day on which the exemption begins.
counted as (
    select
        designations.designation_id,
        count(cash.ctr_id) as yearly_transactions
    from designations
    left join cash
        on designations.party_id = cash.party_id
        and (cash.direction = 'out' or designations.covers_deposits)
        and cash.business_day < designations.effective_on
        and cash.business_day >= (designations.effective_on - to_years(1))::date
    group by all
),

excluded as (
    select
        designations.designation_id,
        max(ineligible.industry_code) as industry_code
    from designations
    inner join parties on designations.party_id = parties.party_id
    inner join ineligible
        on designations.jurisdiction = ineligible.jurisdiction
        and starts_with(parties.industry_code, ineligible.industry_code)
        and designations.effective_on between ineligible.effective_from and ineligible.effective_to
    where designations.needs_eligible_business
    group by all
),

-- An approval looks at the exemption, too.
reviewed as (
    select
        designations.designation_id,
        max(timezone(today.time_zone, timezone('UTC', acts.decided_at))::date) as day
    from designations
    cross join today
    inner join acts on designations.exemption_id = acts.exemption_id and acts.act in ('reviewed', 'approved')
    group by all
),

measured as (
    select
        designations.*,
        parties.party_id is not null as is_known_party,
        parties.party_type = 'natural_person' and parties.industry_code is null as is_no_business,
        excluded.industry_code as excluded_code,
        accounts.opened_on,
        counted.yearly_transactions as found_transactions,
        (reviewed.day + to_months(designations.review_months))::date as review_due_on,
        today.day as today
    from designations
    cross join today
    inner join counted on designations.designation_id = counted.designation_id
    inner join reviewed on designations.designation_id = reviewed.designation_id
    left join parties on designations.party_id = parties.party_id
    left join accounts on designations.party_id = accounts.party_id
    left join excluded on designations.designation_id = excluded.designation_id
),

broken as (
    select
        *,
        'basis_unknown' as rule,
        format('{} in {}', basis, jurisdiction) as found
    from measured
    where not is_known_basis
    union all
    select
        *,
        'party_unknown' as rule,
        party_id as found
    from measured
    where not is_known_party
    union all
    select
        *,
        'no_business' as rule,
        party_id as found
    from measured
    where is_known_basis and is_no_business
    union all
    select
        *,
        'ineligible_business' as rule,
        format('code {}', excluded_code) as found
    from measured
    where excluded_code is not null
    union all
    select
        *,
        'customer_too_short' as rule,
        format('{} months asked for, first account of {}', customer_months, coalesce(opened_on::varchar, 'never'))
            as found
    from measured
    where
        customer_months is not null
        and not is_risk_assessed
        and coalesce(opened_on + to_months(customer_months) > effective_on, true)
    union all
    select
        *,
        'too_few_transactions' as rule,
        format('{} of {}', found_transactions, yearly_transactions) as found
    from measured
    where found_transactions < yearly_transactions
    union all
    select
        *,
        'review_overdue' as rule,
        format('due on {}', review_due_on) as found
    from measured
    where review_due_on < today and last_day >= today
),

final as (
    select
        broken.designation_id,
        broken.exemption_id,
        broken.party_id,
        broken.rule,
        format('{}: {}', rules.meaning, broken.found) as detail,
        rules.blocks
    from broken
    inner join rules on broken.rule = rules.rule
)

select * from final
