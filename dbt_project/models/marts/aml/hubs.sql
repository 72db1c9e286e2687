with new_counterparties as (
    select * from {{ ref('int_new_counterparties') }}
),

parameters as (
    select * from {{ ref('int_scenario_parameters') }}
),

limits as (
    select
        scenario_id,
        jurisdiction,
        segment,
        first_day,
        coalesce(last_day, date '9999-12-31') as last_day,
        max(value) filter (where parameter = 'lookback_days') as lookback_days,
        max(value) filter (where parameter = 'minimum_amount') as minimum_amount,
        max(value) filter (where parameter = 'maximum_counterparties') as maximum_counterparties
    from parameters
    group by all
    having maximum_counterparties is not null
),

ends as (
    select
        debtor_account_id as account_id,
        'debit' as direction,
        new_counterparties.*
    from new_counterparties
    union all
    select
        creditor_account_id,
        'credit',
        new_counterparties.*
    from new_counterparties
),

-- Who deals with no more in all time does so within the lookback, too.
busy as (
    select *
    from ends
    qualify count(*) over (partition by account_id, direction) > (select min(maximum_counterparties) from limits)
),

counted as (
    select
        limits.scenario_id,
        busy.account_id,
        busy.direction,
        busy.booked_at,
        limits.maximum_counterparties,
        count(*) over {{ lookback_window('limits.scenario_id, busy.account_id, busy.direction') }} as counterparties
    from busy
    inner join limits on {{ in_force('busy', 'limits') }}
    where busy.base_amount >= limits.minimum_amount
),

final as (
    select
        scenario_id,
        account_id,
        direction,
        count(*) as links_left_out,
        max(counterparties) as most_counterparties,
        max(maximum_counterparties)::bigint as maximum_counterparties,
        min(booked_at) as first_at,
        max(booked_at) as last_at
    from counted
    where counterparties > maximum_counterparties
    group by all
)

select * from final
