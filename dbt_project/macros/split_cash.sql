{#- A scenario over cash that one person pays in (direction credit) or takes out (debit) in several pieces, none of which
    alone would have been reported, that together come to what is reported. -#}
{% macro split_cash(scenario_id, direction) -%}
{%- set piece = {'credit': 'deposit', 'debit': 'withdrawal'}[direction] -%}
{%- set pieces = piece ~ 's' -%}
{%- set moved = {'credit': 'deposited', 'debit': 'withdrawn'}[direction] -%}
with cash as (
    select * from {{ ref('int_cash_by_person') }} where direction = '{{ direction }}'
),

parameters as (
    {{ scenario_parameters(scenario_id, [
        'reporting_threshold', 'at_threshold', 'minimum_' ~ piece, 'minimum_' ~ pieces, 'lookback_days', 'turnover_factor'
    ]) }}
),

-- Pieces large enough to be worth splitting, none of which alone would have been reported.
events as (
    select
        cash.person_id as subject_id,
        cash.*,
        parameters.* exclude (jurisdiction, segment)
    from cash
    inner join parameters on {{ in_force('cash') }}
    where
        cash.base_amount >= parameters.minimum_{{ piece }}
        and not {{ meets_threshold('cash.base_amount') }}
),

measured as (
    select
        *,
        count(*) over lookback as {{ pieces }},
        sum(base_amount) over lookback as {{ moved }},
        count(distinct branch_id) over lookback as branches,
        count(distinct business_day) over lookback as days,
        count(distinct coalesce(conductor_party_id, '')) over lookback as conductors,
        -- What the business behind the account has declared, over the same number of days.
        max(expected_monthly_turnover::decimal(38, 4)) over lookback * turnover_factor * lookback_days / 30 as expected
    from events
    window lookback as {{ lookback_window('subject_id') }}
),

fired as (
    select
        *,
        booked_at as fired_at,
        format('{} cash {{ pieces }} ', {{ pieces }}) || if(at_threshold = 1, 'below ', 'of at most ')
        || {{ money('reporting_threshold') }}
        || format(
            ' each within {} days, at {} branches on {} days by {} conductors, come to ',
            lookback_days::integer, branches, days, conductors
        )
        || {{ money(moved) }}
        || if(at_threshold = 1, ', at or above the reporting threshold and above the ', ', above the reporting threshold and the ')
        || {{ money('expected') }} || ' expected' as reason,
        json_object(
            '{{ pieces }}', {{ pieces }}, '{{ moved }}', {{ moved }}, 'branches', branches, 'days', days,
            'conductors', conductors, 'expected', expected,
            'reporting_threshold', reporting_threshold, 'at_threshold', at_threshold = 1,
            'minimum_{{ piece }}', minimum_{{ piece }},
            'minimum_{{ pieces }}', minimum_{{ pieces }}, 'lookback_days', lookback_days,
            'turnover_factor', turnover_factor
        ) as measures
    from measured
    where
        {{ pieces }} >= minimum_{{ pieces }}
        and {{ meets_threshold(moved) }}
        and {{ moved }} > expected
),

evidence as (
    select * from events
),

{{ alerts(scenario_id, 'party') }}
{%- endmacro %}
