with accounts as (
    select * from {{ ref('rpt_ctr_account') }}
),

transactions as (
    select * from {{ ref('rpt_ctr_transaction') }}
),

account_parties as (
    select * from {{ ref('int_account_parties') }}
),

parties as (
    select * from {{ ref('stg_parties') }}
),

customers as (
    select distinct party_id
    from account_parties
    where role in ('holder', 'joint_holder')
),

involved as (
    select
        accounts.business_day,
        account_parties.party_id
    from accounts
    inner join account_parties on accounts.account_id = account_parties.account_id
    union
    select
        business_day,
        conductor_party_id as party_id
    from transactions
),

final as (
    select
        involved.business_day,
        parties.party_id,
        customers.party_id is not null as is_customer,
        parties.party_type,
        parties.name,
        parties.first_name,
        parties.last_name,
        parties.gender,
        parties.birth_date,
        parties.birth_place,
        parties.nationality,
        parties.residence_country,
        parties.tax_id,
        parties.occupation,
        parties.legal_form,
        parties.incorporation_number,
        parties.incorporation_date,
        parties.incorporation_country,
        parties.industry_code,
        parties.identifications,
        parties.addresses,
        parties.phones,
        parties.email,
        parties.pep,
        parties.source_of_funds,
        parties.onboarded_on
    from involved
    inner join parties on involved.party_id = parties.party_id
    left join customers on involved.party_id = customers.party_id
)

select * from final
