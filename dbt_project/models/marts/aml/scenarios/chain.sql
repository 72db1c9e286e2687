{#- A late transfer may lengthen a chain of accounts that it does not touch, so the walk is always made anew. -#}
{{ config(incremental_strategy='replace') }}

with recursive {{ links(
    'chain', ['days_between', 'minimum_hops', 'maximum_hops', 'minimum_share_on', 'maximum_share_on']
) }},

-- Who passes money on, and how each hop follows the one before. Paid back to the payer it is no chain.
walks as (
    select
        creditor_account_id as reached,
        booked_at as started_at,
        [debtor_account_id] as passed,
        [transfer_id] as path,
        base_amount::decimal(38, 4) as total,
        links.* exclude (
            debtor_account_id, creditor_account_id, transfer_id, debit_transaction_id, local_date, payees, payers
        )
    from links
    union all
    -- Many ways may lead to a transfer. One of each length is followed, the one that began last, so that their number
    -- does not multiply from hop to hop.
    select
        links.creditor_account_id as reached,
        walks.started_at,
        list_append(walks.passed, links.debtor_account_id) as passed,
        list_append(walks.path, links.transfer_id) as path,
        walks.total + links.base_amount as total,
        links.* exclude (
            debtor_account_id, creditor_account_id, transfer_id, debit_transaction_id, local_date, payees, payers
        )
    from walks
    inner join links
        on walks.reached = links.debtor_account_id
        and links.booked_at > walks.booked_at
        and links.booked_at <= walks.booked_at + to_days(walks.days_between::integer)
        and links.booked_at <= walks.started_at + to_days(walks.lookback_days::integer)
        and links.base_amount >= walks.base_amount * walks.minimum_share_on
        and links.base_amount <= walks.base_amount * walks.maximum_share_on
    where
        len(walks.path) < walks.maximum_hops
        and not list_contains(walks.passed, links.creditor_account_id)
    qualify row_number() over (partition by links.transfer_id order by walks.started_at desc, walks.path asc) = 1
),

patterns as (
    select
        *,
        booked_at as fired_at,
        path as transfer_ids,
        (len(path) - minimum_hops + 1)::double as strength,
        list_transform(
            list_append(passed, reached),
            lambda id: {
                'subject_id': id,
                'part': case id
                    when passed[1] then 'where it began' when reached then 'where it went' else 'one it came by'
                end
            }
        ) as subjects,
        format(
            'Money was passed on over {} transfers (at least {}) within {} days between accounts that began to pay '
            || 'each other, each paying {:.0f}% to {:.0f}% of what it got within {} days; ',
            len(path), minimum_hops::integer, lookback_days::integer, (100 * minimum_share_on)::double,
            (100 * maximum_share_on)::double, days_between::integer
        )
        || 'together ' || {{ money('total') }} || ' (at least ' || {{ money('minimum_total') }} || ')' as told,
        json_object(
            'hops', len(path), 'total', total, 'lookback_days', lookback_days, 'days_between', days_between,
            'minimum_hops', minimum_hops, 'maximum_hops', maximum_hops, 'minimum_amount', minimum_amount,
            'minimum_share_on', minimum_share_on, 'maximum_share_on', maximum_share_on, 'minimum_total', minimum_total,
            'maximum_counterparties', maximum_counterparties
        ) as measures
    from walks
    where
        len(path) >= minimum_hops
        and total >= minimum_total
),

{{ pattern_alerts('chain') }}

select * from final
