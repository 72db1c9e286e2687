with acts as (
    select * from {{ ref('exemption_acts') }} where violated_rule is null
),

jurisdictions as (
    select * from {{ ref('int_jurisdiction') }}
),

requirements as (
    select
        jurisdiction,
        basis,
        requirement,
        value,
        effective_from,
        coalesce(effective_to, date '9999-12-31') as effective_to
    from {{ ref('exemption_requirements') }}
),

-- What another officer approved, with what it does not say itself and an earlier one said.
approved as (
    select
        proposals.act_id as designation_id,
        proposals.exemption_id,
        case proposals.act when 'designated' then 'initial' else proposals.act end as kind,
        last_value(proposals.party_id ignore nulls) over so_far as party_id,
        last_value(proposals.basis ignore nulls) over so_far as basis,
        last_value(proposals.doing_business_as ignore nulls) over so_far as doing_business_as,
        proposals.prior_document_number,
        proposals.reason,
        proposals.officer_id as proposed_by,
        proposals.officer_name as proposed_by_name,
        approvals.officer_id as approved_by,
        approvals.officer_name as approved_by_name,
        approvals.act_number as approval_number,
        coalesce(last_value(proposals.risk_assessed ignore nulls) over so_far, false) as is_risk_assessed,
        proposals.effective_on,
        proposals.decided_at as proposed_at,
        approvals.decided_at as approved_at,
        proposals._topic,
        proposals._partition,
        proposals._offset
    from acts as approvals
    inner join acts as proposals on approvals.proposal_id = proposals.act_id
    where approvals.act = 'approved'
    window so_far as (
        partition by proposals.exemption_id order by approvals.act_number
        rows between unbounded preceding and current row
    )
),

-- What comes later ends what was before, whatever it changes.
dated as (
    select
        approved.*,
        jurisdictions.jurisdiction,
        case
            when kind <> 'revoked'
                then coalesce(
                    min(effective_on) over (
                        partition by exemption_id order by approval_number
                        rows between 1 following and unbounded following
                    ) - 1,
                    date '9999-12-31'
                )
        end as last_day
    from approved
    cross join jurisdictions
),

asked as (
    select
        dated.designation_id,
        max(requirements.value) filter (where requirements.requirement = 'designation') = 1 as is_filed,
        max(requirements.value) filter (where requirements.requirement = 'covers_deposits') = 1 as covers_deposits,
        max(requirements.value) filter (where requirements.requirement = 'review_months') as review_months,
        max(requirements.value) filter (where requirements.requirement = 'customer_months') as customer_months,
        max(requirements.value) filter (where requirements.requirement = 'yearly_transactions') as yearly_transactions,
        max(requirements.value) filter (where requirements.requirement = 'eligible_business') = 1
            as needs_eligible_business
    from dated
    inner join requirements
        on dated.jurisdiction = requirements.jurisdiction
        and dated.basis = requirements.basis
        and dated.effective_on between requirements.effective_from and requirements.effective_to
    group by all
),

final as (
    select
        dated.designation_id,
        dated.exemption_id,
        dated.kind,
        dated.party_id,
        dated.basis,
        dated.jurisdiction,
        dated.doing_business_as,
        dated.prior_document_number,
        dated.reason,
        dated.proposed_by,
        dated.proposed_by_name,
        dated.approved_by,
        dated.approved_by_name,
        dated.approval_number,
        asked.review_months,
        asked.customer_months,
        asked.yearly_transactions,
        coalesce(asked.needs_eligible_business, false) as needs_eligible_business,
        asked.designation_id is not null as is_known_basis,
        coalesce(asked.is_filed, false) as is_filed,
        coalesce(asked.covers_deposits, false) as covers_deposits,
        dated.is_risk_assessed,
        dated.effective_on,
        dated.last_day,
        dated.proposed_at,
        dated.approved_at,
        dated._topic,
        dated._partition,
        dated._offset
    from dated
    left join asked on dated.designation_id = asked.designation_id
)

select * from final
