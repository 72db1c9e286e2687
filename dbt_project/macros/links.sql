{#- The common beginning of the scenarios over who began to pay whom. Gives the CTEs
      parameters   as scenario_parameters does; lookback_days, minimum_amount and maximum_counterparties are among them
      links        the first transfer of one account to another, with its parameters; payees and payers count how many
                   accounts the payer had begun to pay, and the payee to be paid by, within the lookback up to then

    An account that begins to pay very many (a payroll), or to be paid by very many (a shop), is a hub: what it shares
    with others it shares by chance, and walking through it would take for ever. Its links are left out from the moment
    it is one; aml.hubs tells which accounts that were. -#}
{% macro links(scenario_id, names) -%}
new_counterparties as (
    select * from {{ ref('int_new_counterparties') }}
),

parameters as (
    {{ scenario_parameters(
        scenario_id, ['lookback_days', 'minimum_amount', 'maximum_counterparties', 'minimum_total', 'escalation_factor'] + names
    ) }}
),

links as (
    select
        new_counterparties.*,
        parameters.* exclude (jurisdiction, segment, first_day, last_day),
        count(*) over {{ lookback_window('debtor_account_id') }} as payees,
        count(*) over {{ lookback_window('creditor_account_id') }} as payers
    from new_counterparties
    inner join parameters on {{ in_force('new_counterparties') }}
    where new_counterparties.base_amount >= parameters.minimum_amount
    qualify
        payees <= maximum_counterparties
        and payers <= maximum_counterparties
)
{%- endmacro %}

{#- The end of such a scenario: every account of a pattern is alerted, with the pattern's transfers as evidence. It expects
    a CTE patterns: one row a pattern and moment at which it grew, with subjects (a list of {subject_id, part}),
    transfer_ids, fired_at, strength, told (what the pattern is) and measures (JSON, without strength), and links. -#}
{% macro pattern_alerts(scenario_id) -%}
members as (
    select
        patterns.* exclude (subjects),
        unnest(subjects, recursive := true)
    from patterns
),

-- Of several patterns that grow with one transfer an account is told the strongest.
fired as (
    select
        * exclude (told, measures),
        told || '; this account is ' || part as reason,
        json_merge_patch(measures, json_object('part', part, 'strength', round(strength, 3))) as measures
    from members
    qualify row_number() over (
        partition by subject_id, fired_at order by strength desc, len(transfer_ids) desc, told, part, transfer_ids
    ) = 1
),

evidence_ids as (
    select
        subject_id,
        fired_at,
        unnest(transfer_ids) as transfer_id
    from fired
),

evidence as (
    select
        evidence_ids.subject_id,
        evidence_ids.fired_at,
        links.debit_transaction_id as transaction_id,
        links.booked_at,
        links.base_amount
    from evidence_ids
    inner join links on evidence_ids.transfer_id = links.transfer_id
),

{{ alerts(scenario_id, 'account', own_evidence=true, escalates=true) }}
{%- endmacro %}
