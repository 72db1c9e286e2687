with owned as (
    select * from {{ ref('int_owned') }} where owner_id is not null
),

interests as (
    select * from {{ ref('int_interests') }}
),

parties as (
    select * from {{ ref('stg_parties') }}
),

thresholds as (
    select * from {{ ref('ownership_thresholds') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

direct as (
    select
        entity_id,
        owner_id,
        sum(share_percent) as percent
    from interests
    group by all
),

-- A row for the legal form goes before that for any.
in_force as (
    select
        owned.*,
        thresholds.percent as threshold_percent,
        thresholds.is_included,
        as_of.day as as_of_day
    from owned
    cross join as_of
    left join parties as entities on owned.entity_id = entities.party_id
    inner join thresholds
        on as_of.jurisdiction = thresholds.jurisdiction
        and as_of.day >= thresholds.effective_from
        and as_of.day <= coalesce(thresholds.effective_to, date '9999-12-31')
        and (thresholds.legal_form = 'any' or contains(lower(entities.legal_form), thresholds.legal_form))
    qualify row_number() over (
        partition by owned.entity_id, owned.owner_id order by thresholds.legal_form = 'any', thresholds.percent
    ) = 1
),

judged as (
    select
        in_force.*,
        owners.name as owner_name,
        coalesce(owners.party_type, 'unknown') as owner_type,
        coalesce(direct.percent, 0)::decimal(18, 4) as direct_percent,
        coalesce(owners.party_type = 'natural_person', false) as is_person,
        in_force.percent > in_force.threshold_percent
        or (in_force.is_included and in_force.percent = in_force.threshold_percent) as is_large
    from in_force
    left join parties as owners on in_force.owner_id = owners.party_id
    left join direct on in_force.entity_id = direct.entity_id and in_force.owner_id = direct.owner_id
),

final as (
    select
        entity_id,
        owner_id,
        owner_name,
        owner_type,
        case
            when not is_person then null
            when is_large and controlled_by is not null then 'ownership and control'
            when is_large then 'ownership'
            when controlled_by is not null then 'control'
        end as basis,
        controlled_by,
        percent,
        direct_percent,
        greatest(percent - direct_percent, 0)::decimal(18, 4) as indirect_percent,
        threshold_percent,
        is_included as threshold_included,
        basis is not null as is_beneficial_owner,
        as_of_day
    from judged
)

select * from final
