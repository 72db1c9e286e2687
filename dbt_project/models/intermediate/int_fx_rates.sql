with versions as (
    select * from {{ ref('stg_fx_rate_versions') }}
),

direct as (
    select
        base_currency as currency,
        quote_currency as base_currency,
        rate_date,
        rate::double as rate,
        published_at,
        true as is_direct,
        _partition,
        _offset,
        _pin
    from versions
),

inverse as (
    select
        quote_currency as currency,
        base_currency,
        rate_date,
        1 / rate::double as rate,
        published_at,
        false as is_direct,
        _partition,
        _offset,
        _pin
    from versions
    where rate > 0
),

both_ways as (
    select * from direct
    union all
    select * from inverse
),

-- A rate holds once it is published and its day has come: nobody could have priced with it before.
known as (
    select
        *,
        greatest(published_at, rate_date::timestamp) as known_from
    from both_ways
    qualify row_number() over (
        partition by currency, base_currency, known_from
        order by rate_date desc, is_direct desc, published_at desc, _partition desc, _offset desc
    ) = 1
),

-- The correction of a past day says nothing of the days after it.
newest as (
    select *
    from known
    qualify rate_date = max(rate_date) over (
        partition by currency, base_currency order by known_from
        rows between unbounded preceding and current row
    )
),

final as (
    select
        currency,
        base_currency,
        rate_date,
        rate::decimal(18, 10) as rate,
        -- What was booked before any rate was known is priced with the first one, rather than not at all.
        case
            when row_number() over (partition by currency, base_currency order by known_from) = 1
                then timestamp '0001-01-01'
            else known_from
        end as valid_from,
        _pin
    from newest
)

select * from final
