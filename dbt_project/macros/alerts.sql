{#- The common end of every scenario: bursts of fired events become alerts. docs/adding_a_scenario.md tells how it is used.

    It expects two CTEs before it:
      fired     one row an event at which the condition held: subject_id, fired_at, lookback_days, version, jurisdiction,
                segment, base_currency, reason (a sentence), measures (JSON)
      evidence  one row an event that counts as evidence: subject_id, booked_at, transaction_id, base_amount;
                with own_evidence=true also fired_at, and only the rows of that firing are taken; with shared='column'
                that column, as in fired, and only the rows that have the same in it

    Fired events of one subject that follow each other within the lookback are one burst; its first event is the alert.
    With escalates=true fired also has strength (above 0) and escalation_factor, and a burst gives another alert whenever
    its strength, measured in powers of that factor, is greater than ever before in it. -#}
{% macro alerts(scenario_id, subject_type, own_evidence=false, escalates=false, shared=none) -%}
moments as (
    select *
    from fired
    qualify row_number() over (partition by subject_id, fired_at order by reason{{ ', ' ~ shared if shared }}) = 1
),

{% if escalates -%}
leveled as (
    select
        *,
        floor(ln(strength) / ln(escalation_factor::double)) as strength_level,
        count(*) filter (where begins_burst) over (partition by subject_id order by fired_at) as burst
    from (
        select
            *,
            {{ begins_burst() }} as begins_burst
        from moments
    )
),

bursts as (
    select *
    from leveled
    qualify
        begins_burst
        or strength_level > max(strength_level) over (
            partition by subject_id, burst order by fired_at rows between unbounded preceding and 1 preceding
        )
),
{%- else -%}
bursts as (
    select *
    from moments
    qualify {{ begins_burst() }}
),
{%- endif %}

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

{#- Whether the subject had not fired within the lookback before. -#}
{% macro begins_burst() -%}
    coalesce(
        fired_at > lag(fired_at) over (partition by subject_id order by fired_at) + to_days(lookback_days::integer),
        true
    )
{%- endmacro %}

{#- An amount in words: 12,500.00 USD. -#}
{% macro money(amount, currency='base_currency') -%}
    format('{:,.2f}', {{ amount }}::double) || ' ' || {{ currency }}
{%- endmacro %}
