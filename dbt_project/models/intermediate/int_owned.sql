with interests as (
    select * from {{ ref('int_interests') }}
),

parties as (
    select * from {{ ref('stg_parties') }}
),

collected as (
    select
        coalesce(
            list({
                'entity_id': entity_id, 'owner_id': owner_id, 'control_kind': control_kind,
                'share_percent': share_percent::double
            }
            order by entity_id, owner_id, control_kind),
            []
        ) as interests
    from interests
),

involved as (
    select owner_id as party_id from interests
    union
    select entity_id as party_id from interests
),

persons as (
    select coalesce(list(parties.party_id order by parties.party_id), []) as persons
    from parties
    inner join involved on parties.party_id = involved.party_id
    where parties.party_type = 'natural_person'
),

solved as (
    select unnest(owned_in_the_end(collected.interests, persons.persons)) as owned
    from collected
    cross join persons
),

final as (
    select
        owned.entity_id,
        owned.owner_id,
        owned.percent::decimal(9, 4) as percent,
        owned.controlled_by
    from solved
)

select * from final
