{#- A late movement may change what the peers received and so whom it compares with, so all are always judged anew. -#}
{{ config(incremental_strategy='replace') }}

with movements as (
    select
        *,
        date_trunc('month', local_date)::date as month
    from {{ ref('int_movements') }}
    where is_activity and direction = 'credit'
),

parameters as (
    {{ scenario_parameters('beyond_peers', [
        'lookback_days', 'minimum_peers', 'minimum_factor', 'minimum_amount', 'turnover_factor'
    ]) }}
),

months as (
    select
        jurisdiction,
        segment,
        account_id,
        month,
        sum(base_amount) as received
    from movements
    group by all
),

-- What an account of the segment received in the month before, in the middle of all that received anything.
peers as (
    select
        jurisdiction,
        segment,
        (month + to_months(1))::date as month,
        count(*) as peers,
        median(received) as usual
    from months
    -- The first month that landed may be the end of one.
    where month > (select min(months.month) from months)
    group by all
),

loosest as (
    select
        jurisdiction,
        segment,
        min(minimum_factor) as minimum_factor
    from parameters
    group by all
),

-- Few accounts come near, so that the movements of the others need not be looked at one by one.
near as (
    select
        months.account_id,
        months.segment,
        months.month,
        peers.peers,
        peers.usual
    from months
    inner join peers
        on months.jurisdiction = peers.jurisdiction
        and months.segment = peers.segment
        and months.month = peers.month
    inner join loosest on months.jurisdiction = loosest.jurisdiction and months.segment = loosest.segment
    where months.received >= peers.usual * loosest.minimum_factor
),

events as (
    select
        movements.account_id as subject_id,
        movements.*,
        near.peers,
        near.usual,
        parameters.* exclude (jurisdiction, segment)
    from movements
    inner join near
        on movements.account_id = near.account_id
        and movements.segment = near.segment
        and movements.month = near.month
    inner join parameters on {{ in_force('movements') }}
),

measured as (
    select
        *,
        sum(base_amount) over (
            partition by subject_id, segment, month
            order by booked_at
        ) as received,
        expected_monthly_turnover::decimal(38, 4) * turnover_factor as expected
    from events
),

-- Each month is judged by itself, once.
fired as (
    select
        *,
        booked_at as fired_at,
        {{ money('received') }}
        || format(' came in within the month, at least {:.1f} times the ', minimum_factor::double)
        || {{ money('usual') }}
        || format(' that the middle one of {} accounts of its segment received the month before, above the ', peers)
        || {{ money('greatest(minimum_amount, expected)') }} || ' that the profile explains' as reason,
        json_object(
            'received', received, 'usual', usual, 'peers', peers, 'expected', expected,
            'minimum_peers', minimum_peers, 'minimum_factor', minimum_factor, 'minimum_amount', minimum_amount,
            'lookback_days', lookback_days, 'turnover_factor', turnover_factor
        ) as measures
    from measured
    where
        peers >= minimum_peers
        and received >= usual * minimum_factor
        and received >= minimum_amount
        and received > expected
    qualify row_number() over (partition by subject_id, segment, month order by booked_at) = 1
),

evidence as (
    select
        fired.subject_id,
        fired.fired_at,
        events.transaction_id,
        events.booked_at,
        events.base_amount
    from fired
    inner join events
        on fired.subject_id = events.subject_id
        and fired.segment = events.segment
        and fired.month = events.month
        and fired.booked_at >= events.booked_at
),

{{ alerts('beyond_peers', 'account', own_evidence=true) }}

select * from final
