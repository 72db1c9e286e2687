with versions as (
    select * from {{ ref('stg_fx_rate_versions') }}
),

final as (
    select *
    from versions
    qualify row_number() over (partition by pair, rate_date order by published_at desc, _offset desc) = 1
)

select * from final
