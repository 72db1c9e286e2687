{{ config(tags=['scenario']) }}

-- Cash for the business itself, whoever brought it and to whichever of its accounts.
with cash as (
    select * from {{ ref('int_cash_by_person') }}
    where direction = 'credit' and person_id = holder_party_id
),

-- Only for the segments that the parameters name: those of businesses.
parameters as (
    {{ scenario_parameters('cash_beyond_business', ['lookback_days', 'minimum_amount', 'turnover_factor']) }}
),

events as (
    select
        cash.person_id as subject_id,
        cash.*,
        parameters.* exclude (jurisdiction, segment)
    from cash
    inner join parameters on {{ in_force('cash') }}
),

measured as (
    select
        *,
        count(*) over lookback as deposits,
        sum(base_amount) over lookback as deposited,
        expected_monthly_turnover::decimal(38, 4) * turnover_factor * lookback_days / 30 as expected
    from events
    window lookback as {{ lookback_window('subject_id') }}
),

fired as (
    select
        *,
        booked_at as fired_at,
        format('{} cash deposits within {} days come to ', deposits, lookback_days::integer)
        || {{ money('deposited') }} || ', above the ' || {{ money('greatest(minimum_amount, expected)') }}
        || ' that the declared business explains' as reason,
        json_object(
            'deposits', deposits, 'deposited', deposited, 'expected', expected, 'minimum_amount', minimum_amount,
            'lookback_days', lookback_days, 'turnover_factor', turnover_factor
        ) as measures
    from measured
    where
        deposited >= minimum_amount
        and deposited > expected
),

evidence as (
    select * from events
),

{{ alerts('cash_beyond_business', 'party') }}

select * from final
