{#- A late transfer may make a pattern of accounts that it does not touch, so patterns are always sought anew. -#}
{{ config(incremental_strategy='replace') }}

with {{ links('scatter_gather', ['minimum_intermediaries']) }},

-- Over each intermediary: first the origin pays it, then it pays the one that gathers.
ways as (
    select
        scattered.debtor_account_id as origin,
        scattered.creditor_account_id as intermediary,
        gathered.creditor_account_id as gatherer,
        scattered.transfer_id as scattered_id,
        gathered.transfer_id as gathered_id,
        scattered.base_amount as scattered_amount,
        gathered.base_amount as gathered_amount,
        gathered.booked_at,
        scattered.* exclude (
            debtor_account_id, creditor_account_id, transfer_id, debit_transaction_id, base_amount, booked_at,
            local_date, payees, payers
        )
    from links as scattered
    inner join links as gathered
        on scattered.creditor_account_id = gathered.debtor_account_id
        and gathered.booked_at > scattered.booked_at
        and gathered.booked_at <= scattered.booked_at + to_days(scattered.lookback_days::integer)
        and gathered.creditor_account_id <> scattered.debtor_account_id
    qualify count(*) over (partition by origin, gatherer) >= scattered.minimum_intermediaries
),

measured as (
    select
        *,
        count(*) over lookback as intermediaries,
        sum(scattered_amount) over lookback as scattered,
        sum(gathered_amount) over lookback as gathered,
        list(intermediary) over lookback as intermediary_ids,
        list(scattered_id) over lookback || list(gathered_id) over lookback as transfer_ids
    from ways
    window lookback as {{ lookback_window('origin, gatherer') }}
),

patterns as (
    select
        *,
        booked_at as fired_at,
        -- One intermediary fewer is a chain, as any money that is passed on.
        (intermediaries - 1)::double as strength,
        [{'subject_id': origin, 'part': 'the origin'}, {'subject_id': gatherer, 'part': 'the one that gathers'}]
        || list_transform(intermediary_ids, lambda id: {'subject_id': id, 'part': 'an intermediary'}) as subjects,
        format('An account began to pay {} others (at least {}), ', intermediaries, minimum_intermediaries::integer)
        || {{ money('scattered') }} || ', that then began to pay one and the same account, '
        || {{ money('gathered') }} || format(', all within {} days each', lookback_days::integer)
        || ' (together at least ' || {{ money('minimum_total') }} || ')' as told,
        json_object(
            'intermediaries', intermediaries, 'scattered', scattered, 'gathered', gathered,
            'lookback_days', lookback_days, 'minimum_amount', minimum_amount, 'minimum_total', minimum_total,
            'minimum_intermediaries', minimum_intermediaries, 'maximum_counterparties', maximum_counterparties
        ) as measures
    from measured
    where
        intermediaries >= minimum_intermediaries
        and scattered + gathered >= minimum_total
),

{{ pattern_alerts('scatter_gather') }}

select * from final
