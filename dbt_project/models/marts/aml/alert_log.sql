{#- The log is the memory of what stood when; a full refresh of the marts leaves it alone. -#}
{{
    config(
        incremental_strategy='append',
        full_refresh=false,
        post_hook='{{ record_watermark() }}'
    )
}}

{% set columns = [
    'alert_id', 'scenario_id', 'scenario_version', 'subject_type', 'subject_id', 'window_start', 'window_end',
    'detected_at', 'amount', 'base_currency', 'transaction_count', 'evidence', 'reason', 'measures', 'jurisdiction',
    'segment'
] %}

with found as (
    {% for scenario in var('scenarios') %}
    select {{ columns | join(', ') }} from {{ ref(scenario) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

{% if is_incremental() %}
last_words as (
    select *
    from {{ this }}
    qualify row_number() over (partition by alert_id order by pin desc) = 1
),

standing as (
    select * from last_words where event <> 'withdrawn'
),

changes as (
    select
        found.*,
        case when standing.alert_id is null then 'raised' else 'amended' end as event
    from found
    left join standing on found.alert_id = standing.alert_id
    where
        standing.alert_id is null
        or found.evidence is distinct from standing.evidence
        or found.amount is distinct from standing.amount
        or found.reason is distinct from standing.reason
        or found.measures is distinct from standing.measures
        or found.segment is distinct from standing.segment
    union all
    select
        standing.* exclude (event, pin),
        'withdrawn' as event
    from standing
    anti join found on standing.alert_id = found.alert_id
),
{% else %}
changes as (
    select
        *,
        'raised' as event
    from found
),
{% endif %}

final as (
    select
        {{ columns | join(', ') }},
        event,
        {{ pin() }}::bigint as pin
    from changes
)

select * from final
