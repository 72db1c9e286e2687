with holidays as (
    select * from {{ ref('holidays') }}
),

calendars as (
    select
        calendar,
        make_date(year(min(day)), 1, 1) as first_day,
        make_date(year(max(day)), 12, 31) as last_day
    from holidays
    group by all
),

days as (
    select
        calendar,
        unnest(generate_series(first_day, last_day, interval 1 day))::date as day
    from calendars
),

open_days as (
    select
        days.calendar,
        days.day
    from days
    anti join holidays on days.calendar = holidays.calendar and days.day = holidays.day
    where isodow(days.day) < 6
),

-- What is done on a day the bank does not post counts as done on the next day it does (31 CFR 1010.313(b)).
final as (
    select
        days.calendar,
        days.day,
        open_days.day as business_day,
        count(*) filter (where days.day = open_days.day) over (
            partition by days.calendar order by days.day
        ) as business_days_until
    from days
    asof inner join open_days on days.calendar = open_days.calendar and days.day <= open_days.day
)

select * from final
