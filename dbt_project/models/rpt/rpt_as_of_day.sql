with today as (
    select * from {{ ref('int_today') }}
),

final as (
    select
        jurisdiction,
        day
    from today
)

select * from final
