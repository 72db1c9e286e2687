with entities as (
    select * from {{ ref('reporting_entity') }}
),

retention as (
    select * from {{ ref('retention') }}
),

today as (
    select * from {{ ref('int_today') }}
),

-- A law that begins later says nothing of what is filed today.
in_force as (
    select
        entities.rentity_id,
        retention.years
    from entities
    inner join today on entities.jurisdiction = today.jurisdiction
    inner join retention
        on entities.jurisdiction = retention.jurisdiction
        and today.day between retention.effective_from and coalesce(retention.effective_to, date '9999-12-31')
    qualify row_number() over (partition by entities.rentity_id order by retention.effective_from desc) = 1
),

final as (
    select
        entities.*,
        in_force.years as retention_years
    from entities
    left join in_force on entities.rentity_id = in_force.rentity_id
)

select * from final
