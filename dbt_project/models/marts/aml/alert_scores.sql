{#- What champion and challengers say of each alert. A score is what that version said of what was known then; it is
    kept, and a later one stands beside it. -#}
{{
    config(
        incremental_strategy='append',
        full_refresh=false
    )
}}

with features as (
    select *
    from {{ ref('alert_features') }}
    qualify row_number() over (partition by alert_id order by pin desc) = 1
),

alerts as (
    select * from {{ ref('alerts') }} where withdrawn_pin is null
),

roles as (
    {{ priority_roles() }}
),

asked as (
    select
        features.*,
        roles.version as model_version
    from features
    inner join alerts on features.alert_id = alerts.alert_id
    cross join roles
    {% if is_incremental() %}
    anti join {{ this }} as known
        on features.alert_id = known.alert_id
        and features.pin = known.alert_pin
        and roles.version = known.model_version
    {% endif %}
    where roles.role <> 'retired'
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
