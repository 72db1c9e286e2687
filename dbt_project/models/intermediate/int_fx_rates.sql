with rates as (
    select * from {{ ref('stg_fx_rates') }}
),

direct as (
    select
        base_currency as currency,
        quote_currency as base_currency,
        rate_date,
        rate::double as rate,
        true as is_direct,
        _pin
    from rates
),

inverse as (
    select
        quote_currency as currency,
        base_currency,
        rate_date,
        1 / rate::double as rate,
        false as is_direct,
        _pin
    from rates
    where rate > 0
),

both_ways as (
    select * from direct
    union all
    select * from inverse
),

final as (
    select
        currency,
        base_currency,
        rate_date,
        rate::decimal(18, 10) as rate,
        _pin
    from both_ways
    qualify row_number() over (partition by currency, base_currency, rate_date order by is_direct desc) = 1
)

select * from final
