with transactions as (
    select * from {{ ref('rpt_ctr_transaction') }}
),

reports as (
    select * from {{ ref('rpt_ctr') }}
),

parties as (
    select * from {{ ref('stg_parties') }}
),

-- Whoever the cash is for, as int_cash_by_person counts it.
cash as (
    select
        transaction_id,
        person_id
    from {{ ref('int_cash_by_person') }}
    where person_role = 'holder'
),

on_behalf as (
    select
        transactions.*,
        cash.person_id as party_id,
        null::varchar as name_given,
        'behalf' as side,
        coalesce(cash.person_id = transactions.conductor_party_id, false) as is_conductor
    from transactions
    inner join cash on transactions.transaction_id = cash.transaction_id
),

-- A machine asks nobody who stands before it, and of several small sums nobody need have been asked.
conducted as (
    select
        transactions.*,
        transactions.conductor_party_id as party_id,
        if(transactions.conductor_party_id is null, transactions.conductor_name, null) as name_given,
        'conductor' as side,
        true as is_conductor
    from transactions
    inner join reports on transactions.report_id = reports.report_id
    where
        not coalesce(list_contains(transactions.holder_party_ids, transactions.conductor_party_id), false)
        and (
            coalesce(transactions.conductor_party_id, transactions.conductor_name) is not null
            or (transactions.channel is distinct from 'atm' and not reports.is_aggregated)
        )
),

involved as (
    select * from on_behalf
    union all
    select * from conducted
),

summed as (
    select
        report_id,
        party_id,
        name_given,
        side,
        bool_or(is_conductor) as is_conductor,
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
            order by summed.side, summed.party_id nulls last, summed.name_given nulls last
        )::integer as person_number,
        case
            when summed.side = 'behalf' and summed.is_conductor then 'own_behalf'
            when summed.side = 'behalf' then 'on_behalf'
            when parties.party_type = 'legal_entity' then 'carrier'
            else 'for_another'
        end as role,
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
