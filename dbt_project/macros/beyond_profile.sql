{#- The middle and end of a scenario over an account whose events of one kind move more than its holder's profile explains,
    in or out. It expects a CTE before it:
      events  one row an event: subject_id, the columns of int_movements, and the parameters, among them lookback_days,
              minimum_amount and turnover_factor
    what      an SQL expression of what the events are, as the reason begins
    measured  further columns for the measures
    only      an SQL condition that must hold, too -#}
{% macro beyond_profile(scenario_id, what, measured=[], only=none) -%}
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
        {{ what }} || ': ' || {{ money('received') }} || ' came in and ' || {{ money('sent') }}
        || format(' went out within {} days, above the ', lookback_days::integer)
        || {{ money('greatest(minimum_amount, expected)') }} || ' that the profile explains' as reason,
        json_object(
            'received', received, 'sent', sent, 'expected', expected, 'minimum_amount', minimum_amount,
            'lookback_days', lookback_days, 'turnover_factor', turnover_factor
            {%- for column in measured %}, '{{ column }}', {{ column }}{% endfor %}
        ) as measures
    from measured
    where
        greatest(received, sent) >= minimum_amount
        and greatest(received, sent) > expected
        {%- if only %}
        and {{ only }}
        {%- endif %}
),

evidence as (
    select * from events
),

{{ alerts(scenario_id, 'account') }}
{%- endmacro %}
