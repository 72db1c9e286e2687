with movements as (
    select * from {{ ref('int_movements') }}
    where
        is_activity
        and method = 'credit_transfer'
        and direction = 'debit'
        and {{ is_touched() }}
),

parameters as (
    {{ scenario_parameters('fan_out', [
        'lookback_days', 'minimum_payees', 'minimum_amount', 'turnover_factor'
    ]) }}
),

events as (
    select
        movements.account_id as subject_id,
        movements.*,
        parameters.* exclude (jurisdiction, segment)
    from movements
    inner join parameters on {{ in_force('movements') }}
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
        format('{} payees (at least {}) were sent ', payees, minimum_payees::integer) || {{ money('sent') }}
        || format(' within {} days, above the ', lookback_days::integer)
        || {{ money('greatest(minimum_amount, expected)') }} || ' that the profile explains' as reason,
        json_object(
            'payees', payees, 'sent', sent, 'expected', expected, 'minimum_payees', minimum_payees,
            'minimum_amount', minimum_amount, 'lookback_days', lookback_days, 'turnover_factor', turnover_factor
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

{{ alerts('fan_out', 'account') }}

select * from final
