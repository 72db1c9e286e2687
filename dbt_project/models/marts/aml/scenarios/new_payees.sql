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

{{ many_counterparties('new_payees', 'debit', ' whom the account never paid before', ['history_days']) }}

select * from final
