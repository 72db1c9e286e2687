with movements as (
    select * from {{ ref('int_movements') }}
    where
        is_activity
        and method = 'credit_transfer'
        and settled_amount > 0
        and {{ is_touched() }}
),

parameters as (
    {{ scenario_parameters('benford', [
        'lookback_days', 'minimum_payments', 'minimum_chi_square', 'minimum_deviation', 'minimum_amount',
        'turnover_factor'
    ]) }}
),

-- Who has too few payments in all time has too few within the lookback, too.
digits as (
    select
        movements.account_id as subject_id,
        left(ltrim(movements.settled_amount::varchar, '0.'), 1)::integer as digit,
        movements.*,
        parameters.* exclude (jurisdiction, segment)
    from movements
    inner join parameters on {{ in_force('movements') }}
    qualify count(*) over (partition by movements.account_id) >= parameters.minimum_payments
),

moving as (
    select
        *,
        count(*) over lookback as payments,
        sum(base_amount) over lookback as moved
    from digits
    window lookback as {{ lookback_window('subject_id') }}
),

-- Whose profile explains all that moved cannot fire, and to count digit by digit takes long.
beyond as (
    select *
    from moving
    qualify bool_or(
        payments >= minimum_payments and moved > expected_monthly_turnover::decimal(38, 4) * turnover_factor
    ) over (partition by subject_id)
),

counted as (
    select
        * exclude (moved),
        [
            {%- for digit in range(1, 10) %}
            count(*) filter (where digit = {{ digit }}) over lookback{{ ',' if not loop.last }}
            {%- endfor %}
        ] as counts
    from beyond
    window lookback as {{ lookback_window('subject_id') }}
),

-- Benford's law: the first digit is d with probability log10(1 + 1 / d).
compared as (
    select
        *,
        list_transform(range(1, 10), lambda d: counts[d] / payments - log10(1 + 1 / d)) as deviations
    from counted
),

events as (
    select
        * exclude (deviations),
        payments
        * list_sum(list_transform(range(1, 10), lambda d: pow(deviations[d], 2) / log10(1 + 1 / d))) as chi_square,
        list_avg(list_transform(deviations, lambda each: abs(each))) as deviation
    from compared
),

{{ beyond_profile(
    'benford',
    "format('The first digits of {} payments (at least {}) deviate from Benford''s law by {:.3f} each on average '"
    ~ " || '(at least {:.3f}; chi-square {:.1f}, at least {:.1f})', payments, minimum_payments::integer, deviation,"
    ~ " minimum_deviation::double, chi_square, minimum_chi_square::double)",
    ['payments', 'counts', 'deviation', 'chi_square', 'minimum_payments', 'minimum_deviation', 'minimum_chi_square'],
    only='payments >= minimum_payments and chi_square >= minimum_chi_square and deviation >= minimum_deviation'
) }}

select * from final
