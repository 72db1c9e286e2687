with movements as (
    select * from {{ ref('int_movements') }}
    where
        is_activity
        and direction = 'debit'
        and method = 'credit_transfer'
        and {{ is_touched() }}
),

parameters as (
    {{ scenario_parameters('new_payees', [
        'lookback_days', 'history_days', 'minimum_payees', 'minimum_amount', 'turnover_factor'
    ]) }}
),

known as (
    select
        *,
        min(booked_at) over (partition by account_id, counterparty_id) as first_paid_at,
        min(booked_at) over (partition by account_id) as first_booked_at
    from movements
),

-- The first payment to each payee. To an account without a history all payees are new.
events as (
    select
        known.account_id as subject_id,
        known.*,
        parameters.* exclude (jurisdiction, segment)
    from known
    inner join parameters on {{ in_force('known') }}
    where
        known.booked_at = known.first_paid_at
        and known.first_booked_at <= known.booked_at - to_days(parameters.history_days::integer)
),

measured as (
    select
        *,
        count(distinct counterparty_id) over lookback as payees,
        sum(base_amount) over lookback as sent,
        expected_monthly_turnover::decimal(38, 4) * turnover_factor as expected
    from events
    window lookback as {{ lookback_window('subject_id') }}
),

fired as (
    select
        *,
        booked_at as fired_at,
        format('{} payees (at least {}) whom the account never paid before were sent ', payees, minimum_payees::integer)
        || {{ money('sent') }} || format(' within {} days, above the ', lookback_days::integer)
        || {{ money('greatest(minimum_amount, expected)') }} || ' that the profile explains' as reason,
        json_object(
            'payees', payees, 'sent', sent, 'expected', expected, 'minimum_payees', minimum_payees,
            'minimum_amount', minimum_amount, 'lookback_days', lookback_days, 'history_days', history_days,
            'turnover_factor', turnover_factor
        ) as measures
    from measured
    where
        payees >= minimum_payees
        and sent >= minimum_amount
        and sent > expected
),

evidence as (
    select * from events
),

{{ alerts('new_payees', 'account') }}

select * from final
