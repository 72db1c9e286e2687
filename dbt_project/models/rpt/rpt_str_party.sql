with cases as (
    select * from {{ ref('rpt_str_case') }}
),

case_accounts as (
    select * from {{ ref('rpt_str_account') }}
),

case_transactions as (
    select * from {{ ref('rpt_str_transaction') }}
),

account_parties as (
    select * from {{ ref('int_account_parties') }}
),

today as (
    select * from {{ ref('int_today') }}
),

-- Who owns or controls a company on the day of the build: not who did once, nor who will.
ownership as (
    select ownership.*
    from {{ ref('stg_ownership') }} as ownership
    cross join today
    where
        not ownership.is_deleted
        and coalesce(ownership.valid_from <= today.day, true)
        and coalesce(ownership.valid_to >= today.day, true)
),

interests as (
    select
        entity_id,
        list_sort(
            list({'party_id': owner_id, 'control_kind': control_kind, 'share_percent': share_percent})
        ) as owners
    from ownership
    group by all
),

parties as (
    select * from {{ ref('stg_parties') }}
),

customers as (
    select distinct party_id
    from account_parties
    where role in ('holder', 'joint_holder')
),

subjects as (
    select
        case_id,
        subject_party_id as party_id,
        'subject' as role
    from cases
),

account_roles as (
    select
        case_accounts.case_id,
        account_parties.party_id,
        account_parties.role
    from case_accounts
    inner join account_parties on case_accounts.account_id = account_parties.account_id
),

counterparties as (
    select
        case_id,
        unnest([
            {'party_id': debtor_party_id, 'role': 'debtor'},
            {'party_id': creditor_party_id, 'role': 'creditor'},
            {'party_id': conductor_party_id, 'role': 'conductor'}
        ], recursive := true)
    from case_transactions
),

direct as (
    select * from subjects
    union
    select * from account_roles
    union
    select * from counterparties
),

owners as (
    select
        direct.case_id,
        ownership.owner_id as party_id,
        'owner' as role
    from direct
    inner join ownership on direct.party_id = ownership.entity_id
),

involved as (
    select * from direct
    union
    select * from owners
),

roles as (
    select
        case_id,
        party_id,
        list_sort(list(distinct role)) as roles
    from involved
    where party_id is not null
    group by all
),

final as (
    select
        roles.case_id,
        roles.party_id,
        list_contains(roles.roles, 'subject') as is_subject,
        roles.roles,
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
        parties.tax_id_country,
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
        coalesce(interests.owners, []) as owners,
        parties.segment,
        parties.pep,
        parties.expected_monthly_turnover,
        parties.expected_turnover_currency,
        parties.source_of_funds,
        parties.purpose_of_relationship,
        parties.onboarded_on,
        parties.reviewed_on,
        parties.status,
        parties.updated_at,
        parties._topic,
        parties._partition,
        parties._offset
    from roles
    inner join parties on roles.party_id = parties.party_id
    left join customers on roles.party_id = customers.party_id
    left join interests on roles.party_id = interests.entity_id
)

select * from final
