{#- The common end of every scenario: bursts of fired events become alerts. docs/adding_a_scenario.md tells how it is used.

    It expects two CTEs before it:
      fired     one row an event at which the condition held: subject_id, fired_at, lookback_days, burst_days, version,
                jurisdiction, segment, base_currency, reason (a sentence), measures (JSON)
      evidence  one row an event that counts as evidence: subject_id, booked_at, transaction_id, base_amount;
                with own_evidence=true also fired_at, and only the rows of that firing are taken; with shared='column'
                that column, as in fired, and only the rows that have the same in it

    Which of the fired events are alerts is for macro bursts to say. A scenario whose evidence depends on it calls that
    first, then gives the evidence and ends in witnessed_alerts. -#}
{% macro alerts(scenario_id, subject_type, own_evidence=false, escalates=false, shared=none) -%}
{{ bursts(escalates, shared) }},

{{ witnessed_alerts(scenario_id, subject_type, own_evidence, shared) }}
{%- endmacro %}

{#- CTEs, the last of them bursts: fired events of one subject that follow each other within the lookback are one activity.
    Its first event is an alert, and so is the first of each further burst_days (or lookback, if that is longer): what never
    pauses is told again. With escalates=true fired also has strength (above 0) and escalation_factor, and within a burst
    there is another alert whenever its strength, measured in powers of that factor, is greater than ever before in it. -#}
{% macro bursts(escalates=false, shared=none) -%}
moments as (
    select *
    from fired
    qualify row_number() over (partition by subject_id, fired_at order by reason{{ ', ' ~ shared if shared }}) = 1
),

paused as (
    select
        *,
        coalesce(
            fired_at > lag(fired_at) over (partition by subject_id order by fired_at) + to_days(lookback_days::integer),
            true
        ) as begins_activity
    from moments
),

active as (
    select
        *,
        count(*) filter (where begins_activity) over (partition by subject_id order by fired_at) as activity
    from paused
),

timed as (
    select
        *,
        date_diff('microsecond', min(fired_at) over (partition by subject_id, activity), fired_at)
        // (greatest(burst_days, lookback_days)::bigint * 86400000000) as burst
    from active
),

bursts as (
    select *
    from timed
    {%- if escalates %}
    qualify
        coalesce(
            floor(ln(strength) / ln(escalation_factor::double)) > max(
                floor(ln(strength) / ln(escalation_factor::double))
            ) over (
                partition by subject_id, activity, burst order by fired_at
                rows between unbounded preceding and 1 preceding
            ),
            true
        )
    {%- else %}
    qualify row_number() over (partition by subject_id, activity, burst order by fired_at) = 1
    {%- endif %}
)
{%- endmacro %}

{#- The end of it: each of the bursts with its evidence. -#}
{% macro witnessed_alerts(scenario_id, subject_type, own_evidence=false, shared=none) -%}
witnessed as (
    select
        bursts.subject_id,
        bursts.fired_at,
        min(evidence.booked_at) as window_start,
        sum(evidence.base_amount)::decimal(18, 4) as amount,
        count(*) as transaction_count,
        list_sort(list(evidence.transaction_id)) as evidence
    from bursts
    inner join evidence
        on bursts.subject_id = evidence.subject_id
        {%- if own_evidence %}
        and bursts.fired_at = evidence.fired_at
        {%- else %}
        and evidence.booked_at between bursts.fired_at - to_days(bursts.lookback_days::integer) and bursts.fired_at
        {%- endif %}
        {%- if shared %}
        and bursts.{{ shared }} = evidence.{{ shared }}
        {%- endif %}
    group by all
),

final as (
    select
        md5(concat_ws(
            '|', '{{ scenario_id }}', bursts.version, '{{ subject_type }}', bursts.subject_id,
            strftime(witnessed.window_start, '%Y-%m-%dT%H:%M:%S.%f'), strftime(bursts.fired_at, '%Y-%m-%dT%H:%M:%S.%f')
        )) as alert_id,
        '{{ scenario_id }}' as scenario_id,
        bursts.version as scenario_version,
        '{{ subject_type }}' as subject_type,
        bursts.subject_id,
        witnessed.window_start,
        bursts.fired_at as window_end,
        bursts.fired_at as detected_at,
        witnessed.amount,
        bursts.base_currency,
        witnessed.transaction_count,
        witnessed.evidence,
        bursts.reason,
        bursts.measures::varchar as measures,
        bursts.jurisdiction,
        bursts.segment
    from bursts
    inner join witnessed on bursts.subject_id = witnessed.subject_id and bursts.fired_at = witnessed.fired_at
)
{%- endmacro %}

{#- An amount in words: 12,500.00 USD. -#}
{% macro money(amount, currency='base_currency') -%}
    format('{:,.2f}', {{ amount }}::double) || ' ' || {{ currency }}
{%- endmacro %}
