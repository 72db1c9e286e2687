{{ config(tags=['scenario']) }}

with cash as (
    select * from {{ ref('int_cash_by_person') }} where direction = 'credit'
),

parameters as (
    {{ scenario_parameters('structuring', [
        'reporting_threshold', 'minimum_deposit', 'minimum_deposits', 'lookback_days', 'turnover_factor'
    ]) }}
),

-- Deposits large enough to be worth splitting, none of which alone would have been reported.
events as (
    select
        cash.person_id as subject_id,
        cash.*,
        parameters.* exclude (jurisdiction, segment)
    from cash
    inner join parameters on {{ in_force('cash') }}
    where cash.base_amount between parameters.minimum_deposit and parameters.reporting_threshold
),

measured as (
    select
        *,
        count(*) over lookback as deposits,
        sum(base_amount) over lookback as deposited,
        count(distinct branch_id) over lookback as branches,
        count(distinct business_day) over lookback as days,
        count(distinct coalesce(conductor_party_id, '')) over lookback as conductors,
        -- Takings that the business behind the account has declared, over the same number of days.
        max(expected_monthly_turnover::decimal(38, 4)) over lookback * turnover_factor * lookback_days / 30 as expected
    from events
    window lookback as {{ lookback_window('subject_id') }}
),

fired as (
    select
        *,
        booked_at as fired_at,
        format('{} cash deposits of at most ', deposits) || {{ money('reporting_threshold') }}
        || format(
            ' each within {} days, at {} branches on {} days by {} conductors, come to ',
            lookback_days::integer, branches, days, conductors
        )
        || {{ money('deposited') }} || ', above the reporting threshold and the '
        || {{ money('expected') }} || ' expected' as reason,
        json_object(
            'deposits', deposits, 'deposited', deposited, 'branches', branches, 'days', days,
            'conductors', conductors, 'expected', expected,
            'reporting_threshold', reporting_threshold, 'minimum_deposit', minimum_deposit,
            'minimum_deposits', minimum_deposits, 'lookback_days', lookback_days, 'turnover_factor', turnover_factor
        ) as measures
    from measured
    where
        deposits >= minimum_deposits
        and deposited > reporting_threshold
        and deposited > expected
),

evidence as (
    select * from events
),

{{ alerts('structuring', 'party') }}

select * from final
