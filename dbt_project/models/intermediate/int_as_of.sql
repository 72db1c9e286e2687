with jurisdiction as (
    select * from {{ ref('int_jurisdiction') }}
),

movements as (
    select max(local_date) as day from {{ ref('int_movements') }}
),

parties as (
    select max(changed_at)::date as day from {{ ref('stg_parties') }}
),

final as (
    select
        jurisdiction.jurisdiction,
        coalesce(movements.day, parties.day) as day
    from jurisdiction
    cross join movements
    cross join parties
)

select * from final
