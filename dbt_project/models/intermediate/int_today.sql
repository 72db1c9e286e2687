with jurisdiction as (
    select * from {{ ref('int_jurisdiction') }}
),

final as (
    select
        jurisdiction,
        {{ today('jurisdiction') }} as day
    from jurisdiction
)

select * from final
