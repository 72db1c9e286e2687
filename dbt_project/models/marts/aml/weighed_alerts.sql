with log as (
    select
        *,
        -- A scenario that measures no strength is as strong as its threshold.
        coalesce((measures ->> '$.strength')::double, 1) as strength
    from {{ ref('alert_log') }}
),

points as (
    select * from {{ ref('int_scenario_parameters') }} where parameter = 'points'
),

raised as (
    select
        alert_id,
        max(pin) as raised_pin
    from log
    where event = 'raised'
    group by all
),

since_raised as (
    select
        log.alert_id,
        raised.raised_pin,
        max(log.strength) as most_strength,
        max(log.amount) as most_amount
    from log
    inner join raised on log.alert_id = raised.alert_id and log.pin >= raised.raised_pin
    group by all
),

last_words as (
    select *
    from log
    qualify row_number() over (partition by alert_id order by pin desc) = 1
),

final as (
    select
        last_words.* exclude (event, pin),
        (
            last_words.strength
            * coalesce(
                points.value,
                error('seeds/scenario_parameters.csv gives scenario ' || last_words.scenario_id || ' no points')
            )
        )::decimal(18, 4) as points,
        since_raised.most_strength,
        since_raised.most_amount,
        since_raised.raised_pin,
        case when last_words.event = 'withdrawn' then last_words.pin end as withdrawn_pin
    from last_words
    inner join since_raised on last_words.alert_id = since_raised.alert_id
    left join points
        on last_words.scenario_id = points.scenario_id
        and last_words.jurisdiction = points.jurisdiction
        and last_words.segment = points.segment
        and last_words.detected_at::date between points.first_day and coalesce(points.last_day, date '9999-12-31')
)

select * from final
