with movements as (
    select * from {{ ref('int_movements') }}
    where
        is_activity
        and direction = 'credit'
        and method in ('cash', 'cheque')
        and {{ is_touched() }}
),

parameters as (
    {{ scenario_parameters('consolidation', [
        'lookback_days', 'record_threshold', 'minimum_deposit', 'minimum_deposits', 'minimum_amount', 'turnover_factor'
    ]) }}
),

-- Cash, and cheques and money orders that cash may have bought, each below the sum from which a purchase is recorded.
events as (
    select
        movements.account_id as subject_id,
        movements.*,
        parameters.* exclude (jurisdiction, segment)
    from movements
    inner join parameters on {{ in_force('movements') }}
    where
        movements.base_amount >= parameters.minimum_deposit
        and movements.base_amount < parameters.record_threshold
),

measured as (
    select
        *,
        count(*) over lookback as deposits,
        sum(base_amount) over lookback as deposited,
        expected_monthly_turnover::decimal(38, 4) * turnover_factor * lookback_days / 30 as expected
    from events
    window lookback as {{ lookback_window('subject_id') }}
),

fired as (
    select
        *,
        booked_at as fired_at,
        format('{} deposits (at least {}) in cash or cheques, each below ', deposits, minimum_deposits::integer)
        || {{ money('record_threshold') }} || ', come to ' || {{ money('deposited') }}
        || format(' within {} days, above the ', lookback_days::integer)
        || {{ money('greatest(minimum_amount, expected)') }} || ' that the profile explains' as reason,
        json_object(
            'deposits', deposits, 'deposited', deposited, 'expected', expected, 'record_threshold', record_threshold,
            'minimum_deposit', minimum_deposit, 'minimum_deposits', minimum_deposits, 'minimum_amount', minimum_amount,
            'lookback_days', lookback_days, 'turnover_factor', turnover_factor
        ) as measures
    from measured
    where
        deposits >= minimum_deposits
        and deposited >= minimum_amount
        and deposited > expected
),

evidence as (
    select * from events
),

{{ alerts('consolidation', 'account') }}

select * from final
