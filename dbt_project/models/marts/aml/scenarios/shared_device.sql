{#- Who else uses a device may land late, and changes whom an account shares it with, so all are always judged anew. -#}
{{ config(incremental_strategy='replace') }}

-- Sessions of customers: machines of the bank and of shops are everybody's.
with sessions as (
    select
        transaction_id,
        account_id,
        device_id
    from {{ ref('stg_transactions') }}
    where device_id is not null and coalesce(channel, '') not in ('branch', 'atm', 'pos', 'system')
),

movements as (
    select * from {{ ref('int_movements') }} where is_activity and holder_party_id is not null
),

parameters as (
    {{ scenario_parameters('shared_device', [
        'lookback_days', 'minimum_holders', 'maximum_holders', 'minimum_amount'
    ]) }}
),

-- Nearly every device is of one account, and need not be looked at.
shared as (
    select device_id
    from sessions
    group by all
    having count(distinct account_id) >= (select min(parameters.minimum_holders) from parameters)
),

events as (
    select
        movements.account_id as subject_id,
        sessions.device_id,
        movements.*,
        parameters.* exclude (jurisdiction, segment)
    from sessions
    inner join shared on sessions.device_id = shared.device_id
    inner join movements on sessions.transaction_id = movements.transaction_id
    inner join parameters on {{ in_force('movements') }}
),

measured as (
    select
        *,
        count(distinct holder_party_id) over lookback as holders,
        count(distinct account_id) over lookback as accounts,
        sum(base_amount) over lookback as moved
    from events
    window lookback as {{ lookback_window('device_id') }}
),

fired as (
    select
        *,
        booked_at as fired_at,
        format('{} accounts of {} holders (at least {}) moved ', accounts, holders, minimum_holders::integer)
        || {{ money('moved') }}
        || format(' with device {} within {} days', device_id, lookback_days::integer) as reason,
        json_object(
            'device_id', device_id, 'holders', holders, 'accounts', accounts, 'moved', moved,
            'lookback_days', lookback_days, 'minimum_holders', minimum_holders, 'maximum_holders', maximum_holders,
            'minimum_amount', minimum_amount
        ) as measures
    from measured
    where
        holders between minimum_holders and maximum_holders
        and moved >= minimum_amount
),

{{ bursts() }},

-- Of each account on the device the last movement, which shows that it was there. Only what becomes an alert needs
-- evidence, and a device may have very many movements.
evidence as (
    select
        bursts.subject_id,
        bursts.fired_at,
        events.transaction_id,
        events.booked_at,
        events.base_amount
    from bursts
    inner join events
        on bursts.device_id = events.device_id
        and events.booked_at between bursts.fired_at - to_days(bursts.lookback_days::integer) and bursts.fired_at
    qualify row_number() over (
        partition by bursts.subject_id, bursts.fired_at, events.account_id
        order by events.booked_at desc, events.transaction_id asc
    ) = 1
),

{{ witnessed_alerts('shared_device', 'account', own_evidence=true) }}

select * from final
