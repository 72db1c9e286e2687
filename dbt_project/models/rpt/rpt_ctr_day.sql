with reports as (
    select * from {{ ref('rpt_ctr') }}
),

transactions as (
    select * from {{ ref('stg_transactions') }}
),

jurisdiction as (
    select * from {{ ref('int_jurisdiction') }}
),

days as (
    select
        business_day,
        count(*) as report_count,
        sum(transaction_count)::bigint as transaction_count
    from reports
    group by all
),

-- A movement says of the day only what was known when it landed, whatever date it bears.
known as (
    select max(least(booked_at, _landed_at)) as known_until from transactions
),

ended as (
    select
        days.*,
        jurisdiction.jurisdiction,
        timezone(
            'UTC', timezone(jurisdiction.time_zone, (days.business_day + 1)::timestamp)
        ) as ends_at
    from days
    cross join jurisdiction
),

final as (
    select
        ended.business_day,
        ended.jurisdiction,
        ended.report_count,
        ended.transaction_count,
        ended.ends_at < known.known_until as is_complete,
        ended.ends_at,
        known.known_until
    from ended
    cross join known
)

select * from final
