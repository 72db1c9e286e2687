{#- What was known of an alert's account at the moment the alert was detected: nothing later, and nothing of labels or
    decisions. Kept as the build knew it, so that a priority can be explained years after. -#}
{{
    config(
        incremental_strategy='append',
        full_refresh=false,
        post_hook='{{ record_watermark() }}'
    )
}}
{#- What was landed again changes what an alert's account had done, though the alert itself may stay as it is: then all
    that stand are looked up anew, under the pin of the build that does so. -#}
{%- set is_rewound = is_incremental() and is_rewound() -%}
{%- set days = var('priority_days') -%}
{%- set most = var('priority_counterparties') -%}
{%- set measures = [
    'asked.points', 'asked.strength', 'own.alerts',
    'begun.new_payers', 'begun.new_payees', 'begun.received_from_new', 'begun.sent_to_new', 'begun.largest_new',
    'begun.smallest_new', 'begun.mean_received', 'begun.mean_sent', 'begun.spread_received', 'begun.spread_sent',
    'begun.new_of_late', 'begun.hours_since_first', 'begun.hours_since_received', 'begun.hours_since_sent',
    'begun.hours_receiving', 'begun.hours_sending', 'begun.hours_until_sent',
    'alerted.neighbours_most_points', 'alerted.neighbours_points', 'alerted.neighbours_mean_points',
    'alerted.payers_most_points', 'alerted.payees_most_points', 'alerted.payers_mean_points',
    'alerted.payees_mean_points',
    'beyond.second_hop_transfers', 'beyond.second_hop_accounts', 'beyond.second_hop_incoming',
    'beyond.second_hop_mean', 'beyond.second_hop_spread',
    'shared.shared_accounts', 'shared.shared_payers', 'shared.most_sharing', 'shared.sharing',
    'repeated.mean_repeats', 'repeated.most_repeats', 'repeated.share_once', 'repeated.moved_with_new',
    'habits.share_new', 'habits.largest_to_usual', 'habits.received_to_usual', 'habits.sent_to_usual', 'habits.days_known'
] %}

with alerts as (
    select * from {{ ref('alerts') }} where withdrawn_pin is null
),

log as (
    select * from {{ ref('alert_log') }}
),

account_holders as (
    select * from {{ ref('int_account_holders') }}
),

new_counterparties as (
    select * from {{ ref('int_new_counterparties') }}
),

transfers as (
    select * from {{ ref('int_transfers') }} where is_internal
),

holders as (
    select
        account_id,
        unnest(holder_party_ids) as party_id,
        valid_from
    from account_holders
),

holdings as (
    select
        account_id,
        party_id,
        min(valid_from) as held_from
    from holders
    group by all
),

-- A party's alert stands for each account that the party had held by then; one who held none is known by the alert
-- alone.
named as (
    select
        alert_id,
        scenario_id,
        points::double as points,
        coalesce((measures ->> '$.strength')::double, 1) as strength,
        detected_at,
        subject_id as account_id
    from alerts
    where subject_type = 'account'
    union all
    select
        alerts.alert_id,
        alerts.scenario_id,
        alerts.points::double,
        coalesce((alerts.measures ->> '$.strength')::double, 1),
        alerts.detected_at,
        holdings.account_id
    from alerts
    left join holdings
        on alerts.subject_id = holdings.party_id
        and alerts.detected_at >= holdings.held_from
    where alerts.subject_type = 'party'
),

words as (
    select
        alert_id,
        max(pin) as pin
    from log
    group by all
),

asked as (
    select
        named.*,
        {{ pin() ~ '::bigint' if is_rewound else 'words.pin' }} as pin
    from named
    inner join words on named.alert_id = words.alert_id
    {% if is_incremental() and not is_rewound %}
    anti join {{ this }} as known on words.alert_id = known.alert_id and known.pin >= words.pin
    {% endif %}
),

moments as (
    select distinct
        account_id,
        detected_at
    from asked
),

own_points as (
    select
        moments.account_id,
        moments.detected_at,
        named.scenario_id,
        max(named.points) as points,
        count(*) as alerts
    from moments
    inner join named
        on moments.account_id = named.account_id
        and named.detected_at between moments.detected_at - to_days({{ days }}) and moments.detected_at
    group by all
),

own as (
    select
        account_id,
        detected_at,
        sum(alerts) as alerts
    from own_points
    group by all
),

-- First transfers as each of the two sides saw them. How busy a side was bounds the walk below: what an account that
-- begins to pay hundreds shares with others it shares by chance.
begun_by as (
    select
        debtor_account_id as account_id,
        creditor_account_id as counterparty_id,
        'out' as direction,
        booked_at,
        base_amount::double as amount
    from new_counterparties
    union all
    select
        creditor_account_id,
        debtor_account_id,
        'in',
        booked_at,
        base_amount::double
    from new_counterparties
),

sides as (
    select
        *,
        count(*) over (
            partition by account_id order by booked_at
            range between interval ({{ days }}) day preceding and current row
        ) as busy
    from begun_by
),

recent as (
    select
        moments.account_id,
        moments.detected_at,
        sides.counterparty_id,
        sides.direction,
        sides.booked_at,
        sides.amount
    from moments
    inner join sides
        on moments.account_id = sides.account_id
        and sides.booked_at between moments.detected_at - to_days({{ days }}) and moments.detected_at
    qualify row_number() over (
        partition by moments.account_id, moments.detected_at
        order by sides.booked_at desc, sides.counterparty_id asc, sides.direction asc
    ) <= {{ most }}
),

begun as (
    select
        account_id,
        detected_at,
        count(*) filter (where direction = 'in') as new_payers,
        count(*) filter (where direction = 'out') as new_payees,
        sum(amount) filter (where direction = 'in') as received_from_new,
        sum(amount) filter (where direction = 'out') as sent_to_new,
        max(amount) as largest_new,
        min(amount) as smallest_new,
        avg(amount) filter (where direction = 'in') as mean_received,
        avg(amount) filter (where direction = 'out') as mean_sent,
        stddev_samp(amount) filter (where direction = 'in') as spread_received,
        stddev_samp(amount) filter (where direction = 'out') as spread_sent,
        count(*) filter (where booked_at >= detected_at - to_days({{ days }} // 4)) as new_of_late,
        date_diff('hour', min(booked_at), detected_at) as hours_since_first,
        date_diff('hour', max(booked_at) filter (where direction = 'in'), detected_at) as hours_since_received,
        date_diff('hour', max(booked_at) filter (where direction = 'out'), detected_at) as hours_since_sent,
        date_diff(
            'hour', min(booked_at) filter (where direction = 'in'), max(booked_at) filter (where direction = 'in')
        ) as hours_receiving,
        date_diff(
            'hour', min(booked_at) filter (where direction = 'out'), max(booked_at) filter (where direction = 'out')
        ) as hours_sending,
        date_diff(
            'hour', min(booked_at) filter (where direction = 'in'), min(booked_at) filter (where direction = 'out')
        ) as hours_until_sent
    from recent
    group by account_id, detected_at
),

neighbours as (
    select
        account_id,
        detected_at,
        counterparty_id,
        max(direction) as direction
    from recent
    group by all
),

neighbour_scenarios as (
    select
        neighbours.account_id,
        neighbours.detected_at,
        neighbours.counterparty_id,
        neighbours.direction,
        coalesce(max(named.points), 0) as points
    from neighbours
    left join named
        on neighbours.counterparty_id = named.account_id
        and named.detected_at between neighbours.detected_at - to_days({{ days }}) and neighbours.detected_at
    group by
        neighbours.account_id, neighbours.detected_at, neighbours.counterparty_id, neighbours.direction,
        named.scenario_id
),

neighbour_points as (
    select
        account_id,
        detected_at,
        counterparty_id,
        direction,
        sum(points) as points
    from neighbour_scenarios
    group by all
),

alerted as (
    select
        account_id,
        detected_at,
        max(points) as neighbours_most_points,
        sum(points) as neighbours_points,
        avg(points) as neighbours_mean_points,
        max(points) filter (where direction = 'in') as payers_most_points,
        max(points) filter (where direction = 'out') as payees_most_points,
        avg(points) filter (where direction = 'in') as payers_mean_points,
        avg(points) filter (where direction = 'out') as payees_mean_points
    from neighbour_points
    group by all
),

second_hop as (
    select
        neighbours.account_id,
        neighbours.detected_at,
        neighbours.counterparty_id as via_id,
        sides.counterparty_id,
        sides.direction,
        sides.amount
    from neighbours
    inner join sides
        on neighbours.counterparty_id = sides.account_id
        and sides.counterparty_id <> neighbours.account_id
        and sides.booked_at between neighbours.detected_at - to_days({{ days }}) and neighbours.detected_at
    where sides.busy <= {{ most }}
),

beyond as (
    select
        account_id,
        detected_at,
        count(*) as second_hop_transfers,
        count(distinct counterparty_id) as second_hop_accounts,
        count(*) filter (where direction = 'in') as second_hop_incoming,
        avg(amount) as second_hop_mean,
        stddev_samp(amount) as second_hop_spread
    from second_hop
    group by all
),

sharing as (
    select
        account_id,
        detected_at,
        counterparty_id,
        count(distinct via_id) as neighbours,
        count(*) filter (where direction = 'in') - count(*) filter (where direction = 'out') as net_incoming
    from second_hop
    group by all
),

shared as (
    select
        account_id,
        detected_at,
        count(*) filter (where neighbours >= 2) as shared_accounts,
        count(*) filter (where neighbours >= 2 and net_incoming > 0) as shared_payers,
        max(neighbours) as most_sharing,
        coalesce(sum(neighbours) filter (where neighbours >= 2), 0) as sharing
    from sharing
    group by all
),

-- Each side of what the accounts moved with those they had begun to deal with, since ever.
dealings as (
    select
        debtor_account_id as account_id,
        creditor_account_id as counterparty_id,
        booked_at,
        base_amount::double as amount
    from transfers
    where debtor_account_id in (select account_id from moments)
    union all
    select
        creditor_account_id,
        debtor_account_id,
        booked_at,
        base_amount::double
    from transfers
    where creditor_account_id in (select account_id from moments)
),

pairs as (
    select
        neighbours.account_id,
        neighbours.detected_at,
        neighbours.counterparty_id,
        count(*) as transfers,
        sum(dealings.amount) as moved
    from neighbours
    inner join dealings
        on neighbours.account_id = dealings.account_id
        and neighbours.counterparty_id = dealings.counterparty_id
        and neighbours.detected_at >= dealings.booked_at
    group by all
),

repeated as (
    select
        account_id,
        detected_at,
        avg(transfers) as mean_repeats,
        max(transfers) as most_repeats,
        avg((transfers = 1)::integer) as share_once,
        sum(moved) as moved_with_new
    from pairs
    group by all
),

-- How unlike the account's own past it is: of all it moved within the days, and before them.
moved as (
    select
        moments.account_id,
        moments.detected_at,
        count(*) filter (where dealings.booked_at >= moments.detected_at - to_days({{ days }})) as transfers,
        avg(
            case when dealings.booked_at < moments.detected_at - to_days({{ days }}) then dealings.amount end
        ) as usual_amount,
        min(dealings.booked_at) as first_at
    from moments
    inner join dealings
        on moments.account_id = dealings.account_id
        and moments.detected_at >= dealings.booked_at
    group by all
),

habits as (
    select
        moved.account_id,
        moved.detected_at,
        (begun.new_payers + begun.new_payees) / moved.transfers as share_new,
        begun.largest_new / moved.usual_amount as largest_to_usual,
        begun.mean_received / moved.usual_amount as received_to_usual,
        begun.mean_sent / moved.usual_amount as sent_to_usual,
        date_diff('day', moved.first_at, moved.detected_at) as days_known
    from moved
    inner join begun on moved.account_id = begun.account_id and moved.detected_at = begun.detected_at
),

points_by_scenario as (
    select
        asked.alert_id,
        own_points.scenario_id,
        max(own_points.points) as points
    from asked
    inner join own_points
        on asked.account_id = own_points.account_id
        and asked.detected_at = own_points.detected_at
    group by all
),

pointed as (
    select
        alert_id,
        map_from_entries(list(('points_' || scenario_id, points) order by scenario_id)) as points
    from points_by_scenario
    group by all
),

-- An alert on a party with several accounts has the most that any of them shows.
measured as (
    select
        asked.alert_id,
        asked.pin,
        asked.detected_at,
        map_from_entries([
            {% for measure in measures -%}
            ('{{ measure.split('.')[1] }}', max({{ measure }})::double)
            {{- ',' if not loop.last }}
            {% endfor -%}
        ]) as features
    from asked
    {% for group in ['own', 'begun', 'alerted', 'beyond', 'shared', 'repeated', 'habits'] -%}
    left join {{ group }} on asked.account_id = {{ group }}.account_id and asked.detected_at = {{ group }}.detected_at
    {% endfor -%}
    group by all
),

final as (
    select
        measured.alert_id,
        measured.pin,
        measured.detected_at,
        map_concat(coalesce(pointed.points, map {}), measured.features) as features
    from measured
    left join pointed on measured.alert_id = pointed.alert_id
)

select * from final
