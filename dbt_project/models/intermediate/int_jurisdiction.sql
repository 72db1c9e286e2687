with entity as (
    select * from {{ ref('reporting_entity') }}
),

jurisdictions as (
    select * from {{ ref('jurisdictions') }}
),

final as (
    select jurisdictions.*
    from entity
    inner join jurisdictions on entity.jurisdiction = jurisdictions.jurisdiction
)

select * from final
