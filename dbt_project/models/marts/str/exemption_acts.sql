with recursive sent as (
    select * from {{ ref('stg_exemption_acts') }}
),

transitions as (
    select * from {{ ref('exemption_transitions') }}
),

-- How acts are watched over does not differ by customer, so that the unknown segment stands for all.
parameters as (
    select * from ({{ scenario_parameters('violations', ['ahead_minutes']) }})
    where segment = 'unknown'
),

acts as (
    {{ postdated('sent', 'parameters') }}
),

-- In the order of the topic, which nobody can choose afterwards; decided_at is what the sender says.
examined as (
    select
        *,
        row_number() over of_exemption as act_number,
        act in ('designated', 'amended', 'revoked') as is_proposal,
        case
            when is_postdated then 'postdated'
            when decided_at < max(decided_at) filter (where not is_postdated) over (
                of_exemption rows between unbounded preceding and 1 preceding
            ) then 'backdated'
            when act = 'designated' and coalesce(party_id, '') = '' or act = 'designated' and basis is null
                then 'designation_incomplete'
            when act in ('designated', 'amended', 'revoked') and effective_on is null then 'without_day'
        end as own_fault
    from acts
    window of_exemption as (partition by exemption_id order by _landed_at, _partition, _offset)
),

-- Act after act: what an exemption is when an act finds it, and which proposal waits then, and whose.
walked as (
    select
        exemption_id,
        0::bigint as act_number,
        null::varchar as proposal_id,
        null::varchar as violated_rule,
        'none' as next_status,
        null::varchar as next_proposal_id,
        null::varchar as next_proposer_id
    from examined
    where act_number = 1
    union all
    select
        met.exemption_id,
        met.act_number,
        met.proposal_id,
        met.violated_rule,
        case when met.violated_rule is null then met.next_status else met.status end as next_status,
        case when met.violated_rule is null and met.is_proposal then met.act_id else met.proposal_id end
            as next_proposal_id,
        case when met.violated_rule is null and met.is_proposal then met.officer_id else met.proposer_id end
            as next_proposer_id
    from (
        select
            examined.exemption_id,
            examined.act_number,
            examined.act_id,
            examined.officer_id,
            examined.is_proposal,
            walked.next_proposal_id as proposal_id,
            walked.next_proposer_id as proposer_id,
            transitions.status,
            transitions.next_status,
            coalesce(
                examined.own_fault,
                transitions.rule,
                case
                    when transitions.who = 'another' and examined.officer_id = walked.next_proposer_id
                        then 'four_eyes'
                end
            ) as violated_rule
        from walked
        inner join examined
            on walked.exemption_id = examined.exemption_id and walked.act_number + 1 = examined.act_number
        inner join transitions on examined.act = transitions.act and walked.next_status = transitions.status
    ) as met
),

final as (
    select
        examined.act_id,
        examined.exemption_id,
        examined.act,
        examined.officer_id,
        examined.officer_name,
        examined.officer_role,
        examined.party_id,
        examined.basis,
        examined.doing_business_as,
        examined.prior_document_number,
        examined.reason,
        case when not examined.is_proposal then walked.proposal_id end as proposal_id,
        walked.next_status as status,
        walked.violated_rule,
        examined.act_number,
        examined.risk_assessed,
        examined.effective_on,
        examined.decided_at,
        examined._topic,
        examined._partition,
        examined._offset,
        examined._timestamp
    from examined
    inner join walked
        on examined.exemption_id = walked.exemption_id and examined.act_number = walked.act_number
)

select * from final
