with movements as (
    select * from {{ ref('int_movements') }}
    where
        is_activity
        and direction = 'credit'
        and {{ is_touched() }}
),

parameters as (
    {{ scenario_parameters('volume_jump', [
        'lookback_days', 'history_days', 'minimum_amount', 'minimum_factor', 'turnover_factor'
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

-- What came in within the lookback, and what usually came in over as many days of the history that ended before it.
measured as (
    select
        *,
        min(booked_at) over so_far as first_booked_at,
        sum(base_amount) over lookback as received,
        coalesce(sum(base_amount) over history, 0) * lookback_days / history_days as usual,
        expected_monthly_turnover::decimal(38, 4) * turnover_factor as expected
    from events
    window
        lookback as {{ lookback_window('subject_id') }},
        so_far as (partition by subject_id order by booked_at),
        history as {{ history_window('subject_id') }}
),

fired as (
    select
        *,
        booked_at as fired_at,
        {{ money('received') }}
        || format(
            ' came in within {} days, at least {:.1f} times the ', lookback_days::integer, minimum_factor::double
        )
        || {{ money('usual') }}
        || format(' usual over the {} days before and above the ', history_days::integer)
        || {{ money('greatest(minimum_amount, expected)') }} || ' that the profile explains' as reason,
        json_object(
            'received', received, 'usual', usual, 'expected', expected, 'minimum_amount', minimum_amount,
            'minimum_factor', minimum_factor, 'lookback_days', lookback_days, 'history_days', history_days,
            'turnover_factor', turnover_factor
        ) as measures
    from measured
    where
        -- An account without a history of its own cannot be compared with it.
        first_booked_at <= booked_at - to_days((lookback_days + history_days)::integer)
        and received >= minimum_amount
        and received >= usual * minimum_factor
        and received > expected
),

evidence as (
    select * from events
),

{{ alerts('volume_jump', 'account') }}

select * from final
