with movements as (
    select * from {{ ref('int_movements') }}
    where
        is_activity
        and direction = 'debit'
        and method = 'credit_transfer'
        and {{ is_touched() }}
),

parameters as (
    {{ scenario_parameters('repeated_amounts', [
        'lookback_days', 'minimum_payment', 'maximum_difference', 'minimum_payments', 'minimum_amount', 'turnover_factor'
    ]) }}
),

large as (
    select
        movements.account_id as subject_id,
        movements.*,
        parameters.* exclude (jurisdiction, segment),
        ln(movements.base_amount) / ln(1 + parameters.maximum_difference) as magnitude
    from movements
    inner join parameters on {{ in_force('movements') }}
    where movements.base_amount >= parameters.minimum_payment
),

-- Steps of the largest difference, twice, the second time from the middle of a step on: amounts that differ by less
-- than half of it share at least one.
events as (
    select
        * exclude (magnitude),
        unnest([2 * floor(magnitude), 2 * floor(magnitude + 0.5) + 1])::bigint as alike
    from large
),

{{ recurring(
    'repeated_amounts',
    "format('of amounts within {:.0f}% of each other', (100 * maximum_difference)::double)",
    ['minimum_payment', 'maximum_difference']
) }}

select * from final
