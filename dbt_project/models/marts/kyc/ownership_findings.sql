with interests as (
    select * from {{ ref('int_interests') }}
),

reversed as (
    select * from {{ ref('stg_ownership') }} where not is_deleted and valid_to < valid_from
),

owned_entities as (
    select * from {{ ref('owned_entities') }}
),

parties as (
    select * from {{ ref('stg_parties') }}
),

involved as (
    select
        interests.*,
        entities.party_id is null as is_unknown_entity,
        owners.party_id is null as is_unknown_owner,
        coalesce(entities.party_type = 'natural_person', false) as is_person
    from interests
    left join parties as entities on interests.entity_id = entities.party_id
    left join parties as owners on interests.owner_id = owners.party_id
),

of_interests as (
    select
        entity_id,
        owner_id,
        control_kind,
        share_percent,
        unnest(list_filter([
            case when share_percent > 100 then 'share_above_whole' end,
            case when share_percent < 0 then 'share_below_nothing' end,
            case when entity_id = owner_id then 'owns_itself' end,
            case when is_person then 'person_is_owned' end,
            case when is_unknown_entity then 'unknown_entity' end,
            case when is_unknown_owner then 'unknown_owner' end,
            case when share_percent is null and control_kind in ('shares', 'voting_rights') then 'share_is_missing' end
        ], lambda f: f is not null)) as finding
    from involved
),

found as (
    select * from of_interests
    union all
    select
        entity_id,
        owner_id,
        control_kind,
        share_percent,
        'period_is_reversed'
    from reversed
    union all
    select
        entity_id,
        null,
        null,
        told_percent,
        'shares_above_whole'
    from owned_entities
    where told_percent > 100
    union all
    select
        entity_id,
        null,
        null,
        told_percent,
        'owned_in_a_circle'
    from owned_entities
    where
        told_percent > 0
        and persons_percent = 0
        and unresolved_percent = 0
        and entity_id not in (select party_id from parties where party_type = 'natural_person')
),

final as (
    select
        entity_id,
        owner_id,
        control_kind,
        finding,
        share_percent::decimal(18, 4) as share_percent
    from found
)

select * from final
