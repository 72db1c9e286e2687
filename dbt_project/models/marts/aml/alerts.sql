with log as (
    select * from {{ ref('alert_log') }}
),

raised as (
    select
        alert_id,
        max(pin) as raised_pin
    from log
    where event = 'raised'
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
        raised.raised_pin,
        case when last_words.event = 'withdrawn' then last_words.pin end as withdrawn_pin
    from last_words
    inner join raised on last_words.alert_id = raised.alert_id
)

select * from final
