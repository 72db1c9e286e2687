{#- A scenario over an account that many pay (direction credit) or that pays many (debit), beyond what its holder's
    profile explains. -#}
{% macro fan(scenario_id, direction) -%}
{%- set others = {'credit': 'payers', 'debit': 'payees'}[direction] -%}
with movements as (
    select * from {{ ref('int_movements') }}
    where
        is_activity
        and method = 'credit_transfer'
        and direction = '{{ direction }}'
        and {{ is_touched() }}
),

parameters as (
    {{ scenario_parameters(scenario_id, [
        'lookback_days', 'minimum_' ~ others, 'minimum_amount', 'turnover_factor'
    ]) }}
),

events as (
    select
        movements.account_id as subject_id,
        movements.*,
        parameters.* exclude (jurisdiction, segment)
    from movements
    inner join parameters on {{ in_force('movements') }}
),

{{ many_counterparties(scenario_id, direction) }}

select * from final
{%- endmacro %}

{#- The middle and end of a scenario over counterparties of one account that are many and move more than its holder's profile
    explains. It expects a CTE before it:
      events    one row a payment: subject_id, the columns of int_movements, and the parameters, among them lookback_days,
                minimum_payers or minimum_payees, minimum_amount and turnover_factor
    whom      what more the reason says of them
    measured  further columns for the measures -#}
{% macro many_counterparties(scenario_id, direction, whom='', measured=[]) -%}
{%- set others = {'credit': 'payers', 'debit': 'payees'}[direction] -%}
{%- set moved = {'credit': 'received', 'debit': 'sent'}[direction] -%}
{%- set verb = {'credit': 'sent', 'debit': 'were sent'}[direction] -%}
measured as (
    select
        *,
        count(distinct counterparty_id) over lookback as {{ others }},
        sum(base_amount) over lookback as {{ moved }},
        expected_monthly_turnover::decimal(38, 4) * turnover_factor as expected
    from events
    window lookback as {{ lookback_window('subject_id') }}
),

fired as (
    select
        *,
        booked_at as fired_at,
        format('{} {{ others }} (at least {}){{ whom }} {{ verb }} ', {{ others }}, minimum_{{ others }}::integer)
        || {{ money(moved) }} || format(' within {} days, above the ', lookback_days::integer)
        || {{ money('greatest(minimum_amount, expected)') }} || ' that the profile explains' as reason,
        json_object(
            '{{ others }}', {{ others }}, '{{ moved }}', {{ moved }}, 'expected', expected,
            'minimum_{{ others }}', minimum_{{ others }}, 'minimum_amount', minimum_amount,
            'lookback_days', lookback_days, 'turnover_factor', turnover_factor
            {%- for column in measured %}, '{{ column }}', {{ column }}{% endfor %}
        ) as measures
    from measured
    where
        {{ others }} >= minimum_{{ others }}
        and {{ moved }} >= minimum_amount
        and {{ moved }} > expected
),

evidence as (
    select * from events
),

{{ alerts(scenario_id, 'account') }}
{%- endmacro %}
