with final as (
    select * from {{ ref('reporting_entity') }}
)

select * from final
