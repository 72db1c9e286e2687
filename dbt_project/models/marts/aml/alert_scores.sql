{#- What champion and challengers say of each alert. A score is what that version said of what was known then; it is
    kept, and a later one stands beside it. -#}
{{
    config(
        incremental_strategy='append',
        full_refresh=false
    )
}}

with features as (
    select * from {{ ref('alert_features') }}
),

-- Not sources: training reads cases, which read this model.
roles as (
    select *
    from lake.ledger.priority_roles
    qualify row_number() over (partition by version order by since desc) = 1
),

asked as (
    select
        features.*,
        roles.version as model_version
    from features
    cross join roles
    {% if is_incremental() %}
    anti join {{ this }} as known
        on features.alert_id = known.alert_id
        and features.pin = known.alert_pin
        and roles.version = known.model_version
    {% endif %}
    where roles.role <> 'retired'
    qualify row_number() over (partition by features.alert_id, roles.version order by features.pin desc) = 1
),

scored as (
    select
        *,
        priority_score(model_version, features) as said
    from asked
),

final as (
    select
        alert_id,
        pin as alert_pin,
        model_version,
        said.score,
        said.starts_from,
        said.contributions,
        {{ pin() }}::bigint as pin
    from scored
)

select * from final
