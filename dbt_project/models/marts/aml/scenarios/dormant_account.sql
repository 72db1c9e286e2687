with movements as (
    select * from {{ ref('int_movements') }} where is_activity and {{ is_touched() }}
),

parameters as (
    {{ scenario_parameters('dormant_account', ['lookback_days', 'dormant_days', 'minimum_amount', 'turnover_factor']) }}
),

-- An account's first movement is no waking: nobody knows what was before it.
followed as (
    select
        *,
        lag(booked_at) over (partition by account_id order by booked_at) as slept_from
    from movements
),

woken as (
    select
        followed.account_id as subject_id,
        followed.*,
        parameters.* exclude (jurisdiction, segment),
        max(followed.booked_at) filter (
            where followed.booked_at >= followed.slept_from + to_days(parameters.dormant_days::integer)
        ) over (partition by followed.account_id order by followed.booked_at) as woken_at
    from followed
    inner join parameters on {{ in_force('followed') }}
),

events as (
    select *
    from woken
    where woken_at >= booked_at - to_days(lookback_days::integer)
),

{{ beyond_profile(
    'dormant_account',
    "format('Woken on {} after at least {} days of rest', woken_at::date::varchar, dormant_days::integer)",
    ['woken_at', 'dormant_days']
) }}

select * from final
