{#- A late transfer may close a cycle of accounts that it does not touch, so the walk is always made anew. -#}
{{ config(incremental_strategy='replace') }}

with recursive {{ links('cycle', ['minimum_hops', 'maximum_hops', 'minimum_share_on', 'maximum_share_on']) }},

-- Only accounts that both pay and are paid can lie on a cycle.
walkable as (
    select *
    from links
    where
        debtor_account_id in (select creditor_account_id from links)
        and creditor_account_id in (select debtor_account_id from links)
),

walks as (
    select
        debtor_account_id as origin,
        creditor_account_id as reached,
        booked_at as started_at,
        booked_at as arrived_at,
        base_amount::decimal(38, 4) as last_amount,
        [debtor_account_id] as passed,
        [transfer_id] as path,
        base_amount::decimal(38, 4) as total,
        walkable.* exclude (
            debtor_account_id, creditor_account_id, transfer_id, debit_transaction_id, base_amount, booked_at,
            local_date, payees, payers
        )
    from walkable
    union all
    select
        walks.origin,
        walkable.creditor_account_id,
        walks.started_at,
        walkable.booked_at,
        walkable.base_amount,
        list_append(walks.passed, walkable.debtor_account_id),
        list_append(walks.path, walkable.transfer_id),
        walks.total + walkable.base_amount,
        walks.* exclude (origin, reached, started_at, arrived_at, last_amount, passed, path, total)
    from walks
    inner join walkable
        on walks.reached = walkable.debtor_account_id
        and walkable.booked_at > walks.arrived_at
        and walkable.booked_at <= walks.started_at + to_days(walks.lookback_days::integer)
        and walkable.base_amount >= walks.last_amount * walks.minimum_share_on
        and walkable.base_amount <= walks.last_amount * walks.maximum_share_on
    where
        walks.reached <> walks.origin
        and len(walks.path) < walks.maximum_hops
        and not list_contains(walks.passed, walkable.debtor_account_id)
),

patterns as (
    select
        *,
        arrived_at as fired_at,
        path as transfer_ids,
        (len(path) - minimum_hops + 1)::double as strength,
        list_transform(
            passed,
            lambda id: {'subject_id': id, 'part': case when id = origin then 'where it began' else 'one it came by' end}
        ) as subjects,
        format(
            'Money returned over {} accounts that began to pay each other (at least {}) within {} days, each paying '
            || '{:.0f}% to {:.0f}% of what it got; ',
            len(path), minimum_hops::integer, lookback_days::integer,
            (100 * minimum_share_on)::double, (100 * maximum_share_on)::double
        )
        || 'together ' || {{ money('total') }} || ' (at least ' || {{ money('minimum_total') }} || ')' as told,
        json_object(
            'hops', len(path), 'total', total, 'lookback_days', lookback_days, 'minimum_hops', minimum_hops,
            'maximum_hops', maximum_hops, 'minimum_amount', minimum_amount, 'minimum_share_on', minimum_share_on,
            'maximum_share_on', maximum_share_on, 'minimum_total', minimum_total,
            'maximum_counterparties', maximum_counterparties
        ) as measures
    from walks
    where
        reached = origin
        and len(path) >= minimum_hops
        and total >= minimum_total
),

{{ pattern_alerts('cycle') }}

select * from final
