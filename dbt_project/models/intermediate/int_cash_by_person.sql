with movements as (
    select * from {{ ref('int_movements') }} where is_activity and method = 'cash'
),

-- 31 CFR 1010.313(b): cash counts for whoever brings or takes it and for whom it is brought or taken. One holder who
-- draws on a joint account takes it for himself; a deposit is for all holders.
on_behalf as (
    select
        *,
        unnest(
            case
                when direction = 'debit' and list_contains(holder_party_ids, conductor_party_id)
                    then [conductor_party_id]
                else holder_party_ids
            end
        ) as person_id,
        'holder' as person_role
    from movements
),

conducted as (
    select
        *,
        conductor_party_id as person_id,
        'conductor' as person_role
    from movements
    where
        conductor_party_id is not null
        and not coalesce(list_contains(holder_party_ids, conductor_party_id), false)
),

persons as (
    select * from on_behalf
    union all
    select * from conducted
),

final as (
    select
        person_id,
        transaction_id,
        account_id,
        holder_party_id,
        conductor_party_id,
        person_role,
        direction,
        jurisdiction,
        segment,
        branch_id,
        base_currency,
        base_amount,
        expected_monthly_turnover,
        booked_at,
        local_date,
        business_day
    from persons
)

select * from final
