{#- The middle and end of a scenario over payments of one account that recur, alike in something, and move more than its
    holder's profile explains. It expects a CTE before it:
      events  one row a payment: subject_id, alike (what those that count together have in common), the columns of
              int_movements, and the parameters, among them lookback_days, minimum_payments, minimum_amount and
              turnover_factor
    what      an SQL expression of what is alike, as the reason goes on after 'payments'
    measured  further columns for the measures -#}
{% macro recurring(scenario_id, what, measured=[]) -%}
measured as (
    select
        *,
        count(*) over lookback as payments,
        sum(base_amount) over lookback as moved,
        expected_monthly_turnover::decimal(38, 4) * turnover_factor as expected
    from events
    window lookback as {{ lookback_window('subject_id, alike') }}
),

fired as (
    select
        *,
        booked_at as fired_at,
        format('{} payments (at least {}) ', payments, minimum_payments::integer) || {{ what }} || ' come to '
        || {{ money('moved') }} || format(' within {} days, above the ', lookback_days::integer)
        || {{ money('greatest(minimum_amount, expected)') }} || ' that the profile explains' as reason,
        json_object(
            'payments', payments, 'moved', moved, 'expected', expected, 'lookback_days', lookback_days,
            'minimum_payments', minimum_payments, 'minimum_amount', minimum_amount, 'turnover_factor', turnover_factor
            {%- for column in measured %}, '{{ column }}', {{ column }}{% endfor %}
        ) as measures
    from measured
    where
        payments >= minimum_payments
        and moved >= minimum_amount
        and moved > expected
),

evidence as (
    select * from events
),

{{ alerts(scenario_id, 'account', shared='alike') }}
{%- endmacro %}
