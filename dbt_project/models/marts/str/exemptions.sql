with acts as (
    select * from {{ ref('exemption_acts') }}
),

designations as (
    select * from {{ ref('exemption_designations') }}
),

findings as (
    select * from {{ ref('exemption_findings') }}
),

cash as (
    select * from {{ ref('ctr_reportable') }}
),

parties as (
    select * from {{ ref('stg_parties') }}
),

today as (
    select
        int_today.day,
        jurisdictions.time_zone
    from {{ ref('int_today') }} as int_today
    inner join {{ ref('int_jurisdiction') }} as jurisdictions on int_today.jurisdiction = jurisdictions.jurisdiction
),

folded as (
    select
        exemption_id,
        arg_max(status, act_number) as status,
        arg_max(party_id, act_number) filter (where violated_rule is null) as party_id,
        arg_max(basis, act_number) filter (where violated_rule is null) as basis,
        min(effective_on) filter (where act = 'designated' and violated_rule is null) as effective_on,
        max(decided_at) filter (where act in ('reviewed', 'approved') and violated_rule is null) as reviewed_at,
        count(*) filter (where violated_rule is not null) as violation_count,
        max(decided_at) as last_act_at
    from acts
    group by all
),

-- The last approved state says as what the party is exempt.
standing as (
    select *
    from designations
    qualify row_number() over (partition by exemption_id order by approval_number desc) = 1
),

begun as (
    select
        exemption_id,
        arg_min(designation_id, approval_number) as designation_id,
        min(effective_on) as first_day,
        max(effective_on) filter (where kind = 'revoked') - 1 as last_day
    from designations
    group by all
),

failed as (
    select
        exemption_id,
        list_sort(list(distinct rule) filter (where blocks)) as failed_rules,
        list_sort(list(distinct rule) filter (where not blocks)) as warned_rules
    from findings
    group by all
),

first_exempted as (
    select
        designations.exemption_id,
        min(cash.business_day) as business_day
    from designations
    inner join cash
        on designations.party_id = cash.party_id
        and (cash.direction = 'out' or designations.covers_deposits)
        and cash.business_day between designations.effective_on and designations.last_day
    group by all
),

final as (
    select
        folded.exemption_id,
        coalesce(standing.party_id, folded.party_id) as party_id,
        parties.name as party_name,
        coalesce(standing.basis, folded.basis) as basis,
        folded.status,
        begun.designation_id,
        standing.proposed_by,
        standing.approved_by,
        coalesce(failed.failed_rules, []) as failed_rules,
        coalesce(failed.warned_rules, []) as warned_rules,
        folded.violation_count,
        coalesce(
            begun.designation_id is not null
            and failed.failed_rules is null
            and today.day between begun.first_day and coalesce(begun.last_day, today.day),
            false
        ) as is_exempt,
        coalesce(standing.is_filed, false) as is_filed,
        coalesce(begun.first_day, folded.effective_on) as first_day,
        begun.last_day,
        first_exempted.business_day as first_exempted_on,
        case
            when folded.status in ('in_force', 'amending', 'revoking')
                then (
                    timezone(today.time_zone, timezone('UTC', folded.reviewed_at))::date
                    + to_months(standing.review_months)
                )::date
        end as review_due_on,
        folded.reviewed_at,
        folded.last_act_at
    from folded
    cross join today
    left join standing on folded.exemption_id = standing.exemption_id
    left join begun on folded.exemption_id = begun.exemption_id
    left join failed on folded.exemption_id = failed.exemption_id
    left join first_exempted on folded.exemption_id = first_exempted.exemption_id
    left join parties on coalesce(standing.party_id, folded.party_id) = parties.party_id
)

select * from final
