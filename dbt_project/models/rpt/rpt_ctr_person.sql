with transactions as (
    select * from {{ ref('rpt_ctr_transaction') }}
),

reports as (
    select * from {{ ref('rpt_ctr') }}
),

parties as (
    select * from {{ ref('stg_parties') }}
),

carriers as (
    select * from {{ ref('common_carriers') }}
),

-- Whoever the cash is for, as int_cash_by_person counts it.
cash as (
    select
        transaction_id,
        person_id
    from {{ ref('int_cash_by_person') }}
    where person_role = 'holder'
),

-- It is a person who stands at a counter: a company does so for others if it is its business to carry, and whoever came
-- for another company is not known, whatever the movement calls the conductor.
conductors as (
    select
        transactions.*,
        coalesce(parties.party_type = 'legal_entity', false) as is_entity,
        coalesce(parties.party_type = 'legal_entity', false)
        and not coalesce(list_contains(transactions.holder_party_ids, transactions.conductor_party_id), false)
        and exists (
            select 1
            from carriers
            where
                starts_with(parties.industry_code, carriers.industry_code)
                and transactions.business_day between carriers.effective_from
                and coalesce(carriers.effective_to, date '9999-12-31')
        ) as is_carrier,
        nullif(transactions.conductor_name, parties.name) as other_name
    from transactions
    left join parties on transactions.conductor_party_id = parties.party_id
),

on_behalf as (
    select
        conductors.*,
        cash.person_id as party_id,
        null::varchar as name_given,
        if(cash.person_id = conductors.conductor_party_id and not conductors.is_entity, 'own_behalf', 'on_behalf')
            as role
    from conductors
    inner join cash on conductors.transaction_id = cash.transaction_id
),

through_companies as (
    select
        *,
        conductor_party_id as party_id,
        null::varchar as name_given,
        'on_behalf' as role
    from conductors
    where
        is_entity
        and not is_carrier
        and not coalesce(list_contains(holder_party_ids, conductor_party_id), false)
),

-- A machine asks nobody who stands before it, and of several small sums nobody need have been asked.
conducted as (
    select
        conductors.*,
        if(conductors.is_entity and not conductors.is_carrier, null, conductors.conductor_party_id) as party_id,
        case
            when conductors.is_entity and not conductors.is_carrier then conductors.other_name
            when conductors.conductor_party_id is null then conductors.conductor_name
        end as name_given,
        if(conductors.is_carrier, 'carrier', 'for_another') as role
    from conductors
    inner join reports on conductors.report_id = reports.report_id
    where
        conductors.is_entity
        or (
            not coalesce(list_contains(conductors.holder_party_ids, conductors.conductor_party_id), false)
            and (
                coalesce(conductors.conductor_party_id, conductors.conductor_name) is not null
                or (conductors.channel is distinct from 'atm' and not reports.is_aggregated)
            )
        )
),

involved as (
    select * from on_behalf
    union all
    select * from through_companies
    union all
    select * from conducted
),

summed as (
    select
        report_id,
        party_id,
        name_given,
        role,
        coalesce(sum(base_amount) filter (where direction = 'credit'), 0)::decimal(18, 4) as cash_in,
        coalesce(sum(base_amount) filter (where direction = 'debit'), 0)::decimal(18, 4) as cash_out,
        count(*) as transaction_count,
        coalesce(list_sort(list(distinct account_number) filter (where direction = 'credit')), []) as accounts_in,
        coalesce(list_sort(list(distinct account_number) filter (where direction = 'debit')), []) as accounts_out
    from involved
    group by all
),

final as (
    select
        summed.report_id,
        row_number() over (
            partition by summed.report_id
            order by
                summed.role in ('for_another', 'carrier'),
                summed.party_id nulls last,
                summed.name_given nulls last,
                summed.role <> 'own_behalf'
        )::integer as person_number,
        summed.role,
        summed.party_id,
        summed.cash_in,
        summed.cash_out,
        summed.transaction_count,
        summed.accounts_in,
        summed.accounts_out,
        parties.party_type,
        coalesce(parties.name, summed.name_given) as name,
        parties.first_name,
        parties.last_name,
        parties.gender,
        parties.birth_date,
        parties.tax_id,
        parties.tax_id_country,
        parties.occupation,
        parties.industry_code,
        parties.identifications,
        parties.addresses,
        parties.phones,
        parties.email
    from summed
    left join parties on summed.party_id = parties.party_id
)

select * from final
