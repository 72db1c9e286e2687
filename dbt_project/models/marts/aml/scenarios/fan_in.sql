with movements as (
    select * from {{ ref('int_movements') }}
    where
        is_activity
        and method = 'credit_transfer'
        and direction = 'credit'
        and {{ is_touched() }}
),

parameters as (
    {{ scenario_parameters('fan_in', [
        'lookback_days', 'minimum_payers', 'minimum_amount', 'turnover_factor'
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
        count(distinct counterparty_id) over lookback as payers,
        sum(base_amount) over lookback as received,
        expected_monthly_turnover::decimal(38, 4) * turnover_factor as expected
    from events
    window lookback as {{ lookback_window('subject_id') }}
),

fired as (
    select
        *,
        booked_at as fired_at,
        format('{} payers (at least {}) sent ', payers, minimum_payers::integer) || {{ money('received') }}
        || format(' within {} days, above the ', lookback_days::integer)
        || {{ money('greatest(minimum_amount, expected)') }} || ' that the profile explains' as reason,
        json_object(
            'payers', payers, 'received', received, 'expected', expected, 'minimum_payers', minimum_payers,
            'minimum_amount', minimum_amount, 'lookback_days', lookback_days, 'turnover_factor', turnover_factor
        ) as measures
    from measured
    where
        payers >= minimum_payers
        and received >= minimum_amount
        and received > expected
),

evidence as (
    select * from events
),

{{ alerts('fan_in', 'account') }}

select * from final
