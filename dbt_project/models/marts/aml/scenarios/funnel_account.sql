with movements as (
    select * from {{ ref('int_movements') }} where is_activity and {{ is_touched() }}
),

parameters as (
    {{ scenario_parameters('funnel_account', [
        'lookback_days', 'maximum_deposit', 'minimum_places', 'minimum_amount', 'minimum_share_out', 'turnover_factor'
    ]) }}
),

-- Cash paid in elsewhere than at the branch that keeps the account, and everything that goes out.
events as (
    select
        movements.account_id as subject_id,
        movements.*,
        parameters.* exclude (jurisdiction, segment)
    from movements
    inner join parameters on {{ in_force('movements') }}
    where
        movements.direction = 'debit'
        or (
            movements.method = 'cash'
            and movements.base_amount <= parameters.maximum_deposit
            and movements.branch_id is distinct from movements.home_branch_id
        )
),

measured as (
    select
        *,
        count(distinct place) filter (where direction = 'credit') over lookback as places,
        coalesce(sum(base_amount) filter (where direction = 'credit') over lookback, 0) as deposited,
        coalesce(sum(base_amount) filter (where direction = 'debit') over lookback, 0) as sent,
        expected_monthly_turnover::decimal(38, 4) * turnover_factor as expected
    from events
    window lookback as {{ lookback_window('subject_id') }}
),

fired as (
    select
        *,
        booked_at as fired_at,
        {{ money('deposited') }}
        || format(
            ' in cash was paid in at {} places (at least {}) away from the home branch and ',
            places, minimum_places::integer
        )
        || {{ money('sent') }}
        || format(
            ' ({:.0f}%) went out within {} days, above the ', (100 * sent / deposited)::double, lookback_days::integer
        )
        || {{ money('greatest(minimum_amount, expected)') }} || ' that the profile explains' as reason,
        json_object(
            'places', places, 'deposited', deposited, 'sent', sent, 'expected', expected,
            'maximum_deposit', maximum_deposit, 'minimum_places', minimum_places, 'minimum_amount', minimum_amount,
            'minimum_share_out', minimum_share_out, 'lookback_days', lookback_days, 'turnover_factor', turnover_factor
        ) as measures
    from measured
    where
        direction = 'debit'
        and places >= minimum_places
        and deposited >= minimum_amount
        and deposited > expected
        and sent >= deposited * minimum_share_out
),

evidence as (
    select * from events
),

{{ alerts('funnel_account', 'account') }}

select * from final
