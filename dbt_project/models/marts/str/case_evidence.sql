with case_alerts as (
    select * from {{ ref('case_alerts') }}
),

acts as (
    select * from {{ ref('case_acts') }}
    where violated_rule is null and act in ('evidence_added', 'evidence_struck')
),

alerted as (
    select distinct
        case_id,
        unnest(evidence) as transaction_id
    from case_alerts
),

named as (
    select
        acts.* exclude (transaction_ids),
        unnest(acts.transaction_ids) as transaction_id
    from acts
    semi join case_alerts on acts.case_id = case_alerts.case_id
),

-- What officers last said of a movement holds, also against an alert that names it later.
last_said as (
    select *
    from named
    qualify row_number() over (partition by case_id, transaction_id order by act_number desc) = 1
),

final as (
    select
        coalesce(alerted.case_id, last_said.case_id) as case_id,
        coalesce(alerted.transaction_id, last_said.transaction_id) as transaction_id,
        last_said.act,
        last_said.officer_id,
        last_said.reason,
        alerted.transaction_id is not null as is_alerted,
        coalesce(last_said.act = 'evidence_added', true) as is_in_evidence,
        last_said.decided_at
    from alerted
    full outer join last_said
        on alerted.case_id = last_said.case_id and alerted.transaction_id = last_said.transaction_id
)

select * from final
