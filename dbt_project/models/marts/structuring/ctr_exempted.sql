with designations as (
    select * from {{ ref('exemption_designations') }} where kind <> 'revoked'
),

blocked as (
    select distinct designation_id
    from {{ ref('exemption_findings') }}
    where blocks
),

cash as (
    select * from {{ ref('int_cash_by_person') }} where person_role = 'holder'
),

-- Who brings cash for somebody else is exempt by that one's exemption, and by none of his own (31 CFR 1020.315(f)).
covered as (
    select
        cash.transaction_id,
        cash.person_id as party_id,
        designations.designation_id,
        designations.exemption_id,
        cash.direction,
        cash.base_amount,
        cash.business_day
    from cash
    inner join designations
        on cash.person_id = designations.party_id
        and cash.business_day between designations.effective_on and designations.last_day
        and (cash.direction = 'debit' or designations.covers_deposits)
    anti join blocked on designations.designation_id = blocked.designation_id
    qualify row_number() over (
        partition by cash.transaction_id, cash.person_id order by designations.effective_on, designations.designation_id
    ) = 1
),

holders as (
    select
        transaction_id,
        count(*) as holders
    from cash
    group by all
),

counted as (
    select
        transaction_id,
        count(*) as exempt_holders
    from covered
    group by all
),

-- Cash that is also somebody's who is not exempt is reported.
final as (
    select covered.*
    from covered
    inner join counted on covered.transaction_id = counted.transaction_id
    inner join holders on covered.transaction_id = holders.transaction_id
    where counted.exempt_holders = holders.holders
)

select * from final
