with movements as (
    select * from {{ ref('int_movements') }}
    where
        is_activity
        and direction = 'debit'
        and counterparty_country is not null
        and {{ is_touched() }}
),

parameters as (
    {{ scenario_parameters('terrorist_financing', [
        'lookback_days', 'minimum_country_points', 'maximum_payment', 'minimum_payments', 'minimum_payees', 'minimum_amount'
    ]) }}
),

countries as (
    select * from {{ ref('risk_factors') }} where factor = 'conflict_region'
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
    where movements.base_amount <= parameters.maximum_payment
),

measured as (
    select
        *,
        count(*) over lookback as payments,
        count(distinct counterparty_id) over lookback as payees,
        count(distinct counterparty_country) over lookback as countries,
        sum(base_amount) over lookback as sent
    from events
    window lookback as {{ lookback_window('subject_id') }}
),

fired as (
    select
        *,
        booked_at as fired_at,
        format('{} payments (at least {}) of at most ', payments, minimum_payments::integer)
        || {{ money('maximum_payment') }}
        || format(
            ' each to {} payees (at least {}) in {} conflict regions (of at least {} points), the last in {}, come to ',
            payees, minimum_payees::integer, countries, minimum_country_points::integer, counterparty_country
        )
        || {{ money('sent') }} || ' (at least ' || {{ money('minimum_amount') }}
        || format(') within {} days', lookback_days::integer) as reason,
        json_object(
            'payments', payments, 'payees', payees, 'countries', countries, 'sent', sent,
            'counterparty_country', counterparty_country, 'lookback_days', lookback_days,
            'minimum_country_points', minimum_country_points, 'maximum_payment', maximum_payment,
            'minimum_payments', minimum_payments, 'minimum_payees', minimum_payees, 'minimum_amount', minimum_amount
        ) as measures
    from measured
    where
        payments >= minimum_payments
        and payees >= minimum_payees
        and sent >= minimum_amount
),

evidence as (
    select * from events
),

{{ alerts('terrorist_financing', 'account') }}

select * from final
