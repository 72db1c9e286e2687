{#- A late transfer may close a cycle of accounts that it does not touch, so the walk is always made anew. -#}
{{ config(incremental_strategy='replace') }}

with recursive transfers as (
    select * from {{ ref('int_transfers') }}
    where is_internal and debtor_account_id <> creditor_account_id
),

parameters as (
    {{ scenario_parameters('cycle', [
        'lookback_days', 'minimum_hops', 'maximum_hops', 'minimum_amount', 'minimum_share_on', 'maximum_share_on',
        'minimum_total', 'maximum_payees'
    ]) }}
),

-- An account that pays very many is a hub (a payroll, a marketplace); walking through it would find chance, slowly.
hops as (
    select
        transfers.*,
        parameters.* exclude (jurisdiction, segment)
    from transfers
    inner join parameters on {{ in_force('transfers') }}
    where transfers.base_amount >= parameters.minimum_amount
    qualify
        count(distinct creditor_account_id) over {{ lookback_window('debtor_account_id') }}
        <= maximum_payees
),

-- Only accounts that both pay and are paid can lie on a cycle.
walkable as (
    select *
    from hops
    where
        debtor_account_id in (select creditor_account_id from hops)
        and creditor_account_id in (select debtor_account_id from hops)
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
        walkable.* exclude (transfer_id, base_amount, booked_at)
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

-- Of several cycles that close with one transfer the shortest is told.
fired as (
    select
        *,
        origin as subject_id,
        arrived_at as fired_at,
        format(
            'Money returned over {} transfers (at least {}) within {} days, each passing on {:.0f}% to {:.0f}%; ',
            len(path), minimum_hops::integer, lookback_days::integer,
            (100 * minimum_share_on)::double, (100 * maximum_share_on)::double
        )
        || 'together ' || {{ money('total') }} || ' (at least ' || {{ money('minimum_total') }} || ')' as reason,
        json_object(
            'hops', len(path), 'total', total, 'lookback_days', lookback_days, 'minimum_hops', minimum_hops,
            'maximum_hops', maximum_hops, 'minimum_amount', minimum_amount, 'minimum_share_on', minimum_share_on,
            'maximum_share_on', maximum_share_on, 'minimum_total', minimum_total, 'maximum_payees', maximum_payees
        ) as measures
    from walks
    where
        reached = origin
        and len(path) >= minimum_hops
        and total >= minimum_total
    qualify row_number() over (partition by origin, arrived_at order by len(path), path) = 1
),

paths as (
    select
        subject_id,
        fired_at,
        unnest(path) as transfer_id
    from fired
),

evidence as (
    select
        paths.subject_id,
        paths.fired_at,
        transfers.debit_transaction_id as transaction_id,
        transfers.booked_at,
        transfers.base_amount
    from paths
    inner join transfers on paths.transfer_id = transfers.transfer_id
),

{{ alerts('cycle', 'account', own_evidence=true) }}

select * from final
