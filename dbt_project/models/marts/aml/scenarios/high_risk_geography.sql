with movements as (
    select * from {{ ref('int_movements') }} where is_activity and {{ is_touched() }}
),

parameters as (
    {{ scenario_parameters('high_risk_geography', [
        'lookback_days', 'minimum_country_points', 'minimum_amount', 'turnover_factor'
    ]) }}
),

-- What the lists of countries said on the day; a counterparty weighs as a customer who lives there.
countries as (
    select * from {{ ref('risk_factors') }} where factor = 'residence_country'
),

events as (
    select
        movements.account_id as subject_id,
        movements.*,
        parameters.* exclude (jurisdiction, segment)
    from movements
    inner join parameters on {{ in_force('movements') }}
    inner join countries
        on movements.counterparty_country = countries.value
        and {{ listed_then('movements', 'countries') }}
        and countries.points >= parameters.minimum_country_points
),

{{ beyond_profile(
    'high_risk_geography',
    "format('Counterparties in listed countries, the last in {}', counterparty_country)",
    ['counterparty_country', 'minimum_country_points']
) }}

select * from final
