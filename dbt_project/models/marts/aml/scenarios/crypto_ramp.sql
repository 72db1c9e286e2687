with movements as (
    select * from {{ ref('int_movements') }}
    where
        is_activity
        and merchant_category_code is not null
        and {{ is_touched() }}
),

parameters as (
    {{ scenario_parameters('crypto_ramp', [
        'lookback_days', 'merchant_category_code', 'minimum_amount', 'turnover_factor'
    ]) }}
),

events as (
    select
        movements.account_id as subject_id,
        movements.*,
        parameters.* exclude (jurisdiction, segment, merchant_category_code)
    from movements
    inner join parameters on {{ in_force('movements') }}
    where movements.merchant_category_code = format('{:04d}', parameters.merchant_category_code::integer)
),

{{ beyond_profile(
    'crypto_ramp', "format('Card payments to and from sellers of crypto assets (category {})', merchant_category_code)",
    ['merchant_category_code']
) }}

select * from final
