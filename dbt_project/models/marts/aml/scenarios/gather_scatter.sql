{#- A late transfer may make a pattern of accounts that it does not touch, so patterns are always sought anew. -#}
{{ config(incremental_strategy='replace') }}

with movements as (
    select * from {{ ref('int_movements') }}
),

{{ links('gather_scatter', [
    'minimum_payers', 'minimum_payees', 'minimum_share_on', 'maximum_share_on', 'turnover_factor'
]) }},

-- Each link as the one between them sees it.
ends as (
    select
        creditor_account_id as between_id,
        debtor_account_id as payer,
        null as payee,
        links.*
    from links
    union all
    select
        debtor_account_id,
        null,
        creditor_account_id,
        links.*
    from links
),

-- Who is paid by or pays too few in all time does so within the lookback, too.
between_many as (
    select *
    from ends
    qualify
        count(payer) over (partition by between_id) >= minimum_payers
        and count(payee) over (partition by between_id) >= minimum_payees
),

-- A payee counts if enough had paid before it was paid.
followed as (
    select
        * exclude (payers, payees),
        payee is not null and count(payer) over {{ earlier_window('between_id') }} >= minimum_payers as is_scattered
    from between_many
),

measured as (
    select
        *,
        count(payer) over lookback as payers,
        count(*) filter (where is_scattered) over lookback as payees,
        sum(base_amount) filter (where payer is not null) over lookback as gathered,
        sum(base_amount) filter (where is_scattered) over lookback as scattered,
        list(transfer_id) filter (where payer is not null or is_scattered) over lookback as transfer_ids
    from followed
    window lookback as {{ lookback_window('between_id') }}
),

-- What was declared for the one between stands at its own payment, the one that is judged.
profiled as (
    select
        measured.*,
        movements.expected_monthly_turnover::decimal(38, 4) * measured.turnover_factor as expected
    from measured
    inner join movements on measured.debit_transaction_id = movements.transaction_id
    where
        measured.is_scattered
        and measured.payers >= measured.minimum_payers
        and measured.payees >= measured.minimum_payees
),

patterns as (
    select
        *,
        booked_at as fired_at,
        -- Who deals with many gathers from many and scatters to many by chance, so each further one counts less.
        1 + ln(least(payers / minimum_payers, payees / minimum_payees)::double) as strength,
        -- Who pays a seller, or is paid by one, has done nothing yet.
        [{'subject_id': between_id, 'part': 'the one between'}] as subjects,
        format('{} accounts (at least {}) began to pay one, ', payers, minimum_payers::integer)
        || {{ money('gathered') }} || ', more than the ' || {{ money('expected') }}
        || format(
            ' that its profile explains, and it then began to pay {} others (at least {}), ',
            payees, minimum_payees::integer
        )
        || {{ money('scattered') }}
        || format(
            ' or {:.0f}% of it ({:.0f}% to {:.0f}%), within {} days', (100 * scattered / gathered)::double,
            (100 * minimum_share_on)::double, (100 * maximum_share_on)::double, lookback_days::integer
        )
        || ' (together at least ' || {{ money('minimum_total') }} || ', each at least ' || {{ money('minimum_amount') }}
        || format(', nobody with more than {} new counterparties)', maximum_counterparties::integer) as told,
        json_object(
            'payers', payers, 'payees', payees, 'gathered', gathered, 'scattered', scattered,
            'lookback_days', lookback_days, 'minimum_amount', minimum_amount, 'minimum_total', minimum_total,
            'minimum_payers', minimum_payers, 'minimum_payees', minimum_payees, 'minimum_share_on', minimum_share_on,
            'maximum_share_on', maximum_share_on, 'maximum_counterparties', maximum_counterparties,
            'expected', expected, 'turnover_factor', turnover_factor
        ) as measures
    from profiled
    where
        gathered > expected
        and scattered between gathered * minimum_share_on and gathered * maximum_share_on
        and gathered + scattered >= minimum_total
),

{{ pattern_alerts('gather_scatter') }}

select * from final
