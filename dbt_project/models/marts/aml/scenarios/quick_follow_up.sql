with movements as (
    select * from {{ ref('int_movements') }}
    where
        is_activity
        and direction = 'debit'
        and method = 'credit_transfer'
        and counterparty_id is not null
        and {{ is_touched() }}
),

parameters as (
    {{ scenario_parameters('quick_follow_up', [
        'lookback_days', 'record_threshold', 'minimum_payment', 'minimum_payments', 'minimum_amount', 'turnover_factor'
    ]) }}
),

events as (
    select
        movements.account_id as subject_id,
        movements.counterparty_id as alike,
        movements.*,
        parameters.* exclude (jurisdiction, segment)
    from movements
    inner join parameters on {{ in_force('movements') }}
    where
        movements.base_amount >= parameters.minimum_payment
        and movements.base_amount < parameters.record_threshold
),

{{ recurring(
    'quick_follow_up',
    "'to the same payee, each below ' || " ~ money('record_threshold') ~ " || ','",
    ['record_threshold', 'minimum_payment']
) }}

select * from final
