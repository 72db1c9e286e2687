with movements as (
    select * from {{ ref('int_movements') }}
    where
        is_activity
        and method = 'credit_transfer'
        and {{ is_touched() }}
),

parameters as (
    {{ scenario_parameters('round_amounts', [
        'lookback_days', 'round_to', 'minimum_payment', 'minimum_payments', 'minimum_amount', 'turnover_factor'
    ]) }}
),

events as (
    select
        movements.account_id as subject_id,
        movements.direction as alike,
        movements.*,
        parameters.* exclude (jurisdiction, segment)
    from movements
    inner join parameters on {{ in_force('movements') }}
    where
        -- What is round in one currency is not in another.
        movements.settled_currency = movements.base_currency
        and movements.settled_amount % parameters.round_to = 0
        and movements.base_amount >= parameters.minimum_payment
),

{{ recurring(
    'round_amounts',
    "if(alike = 'credit', 'received', 'sent') || format(' in multiples of {} ', round_to::integer) || settled_currency"
    ~ " || ' and of at least ' || " ~ money('minimum_payment') ~ " || ' each'",
    ['alike', 'round_to', 'minimum_payment']
) }}

select * from final
