with entities as (
    select * from {{ ref('reporting_entity') }}
),

retention as (
    select *
    from {{ ref('retention') }}
    qualify row_number() over (partition by jurisdiction order by effective_from desc) = 1
),

final as (
    select
        entities.*,
        retention.years as retention_years
    from entities
    left join retention on entities.jurisdiction = retention.jurisdiction
)

select * from final
