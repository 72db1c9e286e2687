with parties as (
    select * from {{ ref('stg_parties') }} where not is_deleted
),

survivors as (
    select * from {{ ref('int_party_survivors') }}
),

interests as (
    select * from {{ ref('int_interests') }}
),

owned as (
    select * from {{ ref('int_owned') }} where owner_id is null
),

beneficial_owners as (
    select * from {{ ref('beneficial_owners') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

entities as (
    select party_id as entity_id
    from parties
    where party_type = 'legal_entity' and party_id not in (select party_id from survivors)
    union
    select entity_id from interests
),

told as (
    select
        entity_id,
        sum(share_percent) as percent
    from interests
    group by all
),

counted as (
    select
        entity_id,
        count(*) filter (where is_beneficial_owner) as beneficial_owners,
        coalesce(sum(percent) filter (where owner_type <> 'natural_person'), 0) as unresolved
    from beneficial_owners
    group by all
),

final as (
    select
        entities.entity_id,
        coalesce(told.percent, 0)::decimal(18, 4) as told_percent,
        coalesce(owned.percent, 0)::decimal(9, 4) as persons_percent,
        (100 - coalesce(owned.percent, 0))::decimal(9, 4) as unknown_percent,
        coalesce(counted.unresolved, 0)::decimal(9, 4) as unresolved_percent,
        coalesce(counted.beneficial_owners, 0) as beneficial_owners,
        as_of.day as as_of_day
    from entities
    cross join as_of
    left join told on entities.entity_id = told.entity_id
    left join owned on entities.entity_id = owned.entity_id
    left join counted on entities.entity_id = counted.entity_id
)

select * from final
