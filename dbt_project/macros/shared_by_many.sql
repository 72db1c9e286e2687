{#- The middle and end of a scenario over what accounts of many holders have in common. It expects a CTE before it:
      events  one row a movement and what it shares: subject_id, shared_id, the columns of int_movements, and the parameters,
              among them lookback_days, minimum_holders, maximum_holders and minimum_amount
    told      how the reason goes on after the amount, before what is shared
    named     the column of events that tells it to people -#}
{% macro shared_by_many(scenario_id, told, named) -%}
measured as (
    select
        *,
        count(distinct holder_party_id) over lookback as holders,
        count(distinct account_id) over lookback as accounts,
        sum(base_amount) over lookback as moved
    from events
    window lookback as {{ lookback_window('shared_id') }}
),

fired as (
    select
        *,
        booked_at as fired_at,
        format(
            '{} accounts of {} holders ({} to {}) moved ',
            accounts, holders, minimum_holders::integer, maximum_holders::integer
        )
        || {{ money('moved') }} || ' (at least ' || {{ money('minimum_amount') }} || ') {{ told }} ' || {{ named }}
        || format(' within {} days', lookback_days::integer) as reason,
        json_object(
            '{{ named }}', {{ named }}, 'holders', holders, 'accounts', accounts, 'moved', moved,
            'lookback_days', lookback_days, 'minimum_holders', minimum_holders, 'maximum_holders', maximum_holders,
            'minimum_amount', minimum_amount
        ) as measures
    from measured
    where
        holders between minimum_holders and maximum_holders
        and moved >= minimum_amount
),

{{ bursts() }},

-- Of each account there the last movement, which shows that it was. Only what becomes an alert needs evidence, and there
-- may be very many movements.
evidence as (
    select
        bursts.subject_id,
        bursts.fired_at,
        events.transaction_id,
        events.booked_at,
        events.base_amount
    from bursts
    inner join events
        on bursts.shared_id = events.shared_id
        and events.booked_at between bursts.fired_at - to_days(bursts.lookback_days::integer) and bursts.fired_at
    qualify row_number() over (
        partition by bursts.subject_id, bursts.fired_at, events.account_id
        order by events.booked_at desc, events.transaction_id asc
    ) = 1
),

{{ witnessed_alerts(scenario_id, 'account', own_evidence=true) }}
{%- endmacro %}
