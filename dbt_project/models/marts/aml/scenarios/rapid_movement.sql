with movements as (
    select * from {{ ref('int_movements') }} where is_activity and {{ is_touched() }}
),

parameters as (
    {{ scenario_parameters('rapid_movement', [
        'lookback_days', 'minimum_amount', 'minimum_share_out', 'maximum_share_out', 'turnover_factor'
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
        coalesce(sum(base_amount) filter (where direction = 'credit') over lookback, 0) as received,
        coalesce(sum(base_amount) filter (where direction = 'debit') over lookback, 0) as sent,
        expected_monthly_turnover::decimal(38, 4) * turnover_factor as expected
    from events
    window lookback as {{ lookback_window('subject_id') }}
),

fired as (
    select
        *,
        booked_at as fired_at,
        {{ money('received') }} || ' came in and ' || {{ money('sent') }}
        || format(
            ' ({:.0f}%) went out within {} days, above the ', (100 * sent / received)::double, lookback_days::integer
        )
        || {{ money('greatest(minimum_amount, expected)') }} || ' that the profile explains' as reason,
        json_object(
            'received', received, 'sent', sent, 'expected', expected, 'minimum_amount', minimum_amount,
            'minimum_share_out', minimum_share_out, 'maximum_share_out', maximum_share_out,
            'lookback_days', lookback_days, 'turnover_factor', turnover_factor
        ) as measures
    from measured
    where
        direction = 'debit'
        and received >= minimum_amount
        and received > expected
        and sent between received * minimum_share_out and received * maximum_share_out
),

evidence as (
    select * from events
),

{{ alerts('rapid_movement', 'account') }}

select * from final
