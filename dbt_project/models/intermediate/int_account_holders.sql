with versions as (
    select * from {{ ref('stg_account_versions') }} where not is_deletion
),

states as (
    select *
    from versions
    qualify row_number() over (partition by account_id, changed_at order by _offset desc) = 1
),

periods as (
    select
        *,
        case
            when row_number() over (partition by account_id order by changed_at) = 1 then timestamp '0001-01-01'
            else changed_at
        end as valid_from,
        lead(changed_at) over (partition by account_id order by changed_at) as valid_to,
        list_filter(parties, lambda p: p.role = 'holder') as main_holders,
        list_filter(parties, lambda p: p.role in ('holder', 'joint_holder')) as all_holders,
        -- Who signs for an account acts for its owner.
        list_filter(parties, lambda p: p.role in ('holder', 'joint_holder', 'beneficial_owner')) as owners
    from states
),

final as (
    select
        account_id,
        coalesce(main_holders[1].party_id, all_holders[1].party_id) as holder_party_id,
        list_sort(list_distinct(list_transform(all_holders, lambda p: p.party_id))) as holder_party_ids,
        list_sort(list_distinct(list_transform(owners, lambda p: p.party_id))) as owner_party_ids,
        branch_id,
        currency,
        opened_on,
        valid_from,
        valid_to,
        _pin
    from periods
)

select * from final
