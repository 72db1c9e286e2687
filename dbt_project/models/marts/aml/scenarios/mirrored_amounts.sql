with movements as (
    select * from {{ ref('int_movements') }}
    where
        is_activity
        and {{ is_touched() }}
),

parameters as (
    {{ scenario_parameters('mirrored_amounts', [
        'lookback_days', 'days_between', 'minimum_amount', 'maximum_difference', 'minimum_pairs', 'minimum_share',
        'minimum_total', 'maximum_movements'
    ]) }}
),

-- Between very many movements some mirror each other by chance, and to look for them would take long.
events as (
    select
        movements.account_id as subject_id,
        movements.*,
        parameters.* exclude (jurisdiction, segment)
    from movements
    inner join parameters on {{ in_force('movements') }}
    qualify count(*) over {{ lookback_window('movements.account_id') }} <= parameters.maximum_movements
),

-- Spans as long as the days between: a debit mirrors a credit of its own span or of the one before.
spanned as (
    select
        *,
        epoch_us(booked_at) // (days_between * 86400000000)::bigint as span
    from events
    where base_amount >= minimum_amount * (1 - maximum_difference)
),

credits as (
    select
        * exclude (span),
        unnest([span, span + 1]) as span
    from spanned
    where direction = 'credit' and base_amount >= minimum_amount
),

-- Each debit mirrors the last credit that fits it, and each credit is mirrored by the first debit that does.
fitting as (
    select
        debits.subject_id,
        debits.transaction_id as debit_id,
        debits.booked_at as mirrored_at,
        credits.transaction_id as credit_id,
        credits.base_amount as credited
    from spanned as debits
    inner join credits
        on debits.subject_id = credits.subject_id
        and debits.span = credits.span
        and debits.booked_at > credits.booked_at
        and debits.booked_at <= credits.booked_at + to_days(debits.days_between::integer)
        and debits.base_amount <= credits.base_amount
        and debits.base_amount >= credits.base_amount * (1 - debits.maximum_difference)
        and debits.counterparty_id is distinct from credits.counterparty_id
    where debits.direction = 'debit'
    qualify row_number() over (
        partition by debits.transaction_id order by credits.booked_at desc, credits.transaction_id asc
    ) = 1
),

pairs as (
    select *
    from fitting
    qualify row_number() over (partition by credit_id order by mirrored_at, debit_id) = 1
),

measured as (
    select
        events.*,
        pairs.credit_id,
        count(pairs.credit_id) over lookback as mirrored_pairs,
        coalesce(sum(pairs.credited) over lookback, 0) as mirrored,
        coalesce(sum(events.base_amount) filter (where events.direction = 'credit') over lookback, 0) as received
    from events
    left join pairs on events.transaction_id = pairs.debit_id
    window lookback as {{ lookback_window('events.subject_id') }}
),

fired as (
    select
        *,
        booked_at as fired_at,
        format(
            '{} credits (at least {}) were followed within {} days by debits to others of nearly the same amount: ',
            mirrored_pairs, minimum_pairs::integer, days_between::integer
        )
        || {{ money('mirrored') }} || ' of the ' || {{ money('received') }}
        || format(' that came in within {} days', lookback_days::integer) as reason,
        json_object(
            'pairs', mirrored_pairs, 'mirrored', mirrored, 'received', received, 'lookback_days', lookback_days,
            'days_between', days_between, 'minimum_amount', minimum_amount, 'maximum_difference', maximum_difference,
            'minimum_pairs', minimum_pairs, 'minimum_share', minimum_share, 'minimum_total', minimum_total,
            'maximum_movements', maximum_movements
        ) as measures
    from measured
    where
        credit_id is not null
        and mirrored_pairs >= minimum_pairs
        and mirrored >= minimum_total
        and mirrored >= received * minimum_share
),

paired as (
    select
        fired.subject_id,
        fired.fired_at,
        unnest([pairs.debit_id, pairs.credit_id]) as transaction_id
    from fired
    inner join pairs
        on fired.subject_id = pairs.subject_id
        and pairs.mirrored_at between fired.fired_at - to_days(fired.lookback_days::integer) and fired.fired_at
),

evidence as (
    select distinct
        paired.subject_id,
        paired.fired_at,
        movements.transaction_id,
        movements.booked_at,
        movements.base_amount
    from paired
    inner join movements on paired.transaction_id = movements.transaction_id
),

{{ alerts('mirrored_amounts', 'account', own_evidence=true) }}

select * from final
