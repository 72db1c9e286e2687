with recursive decisions as (
    select * from {{ ref('stg_decisions') }}
),

transactions as (
    select * from {{ ref('stg_transactions') }}
),

transitions as (
    select * from {{ ref('case_transitions') }}
),

-- How acts are watched over does not differ by customer, so that the unknown segment stands for all.
parameters as (
    select * from ({{ scenario_parameters('violations', ['ahead_minutes']) }})
    where segment = 'unknown'
),

sent as (
    select
        *,
        list_transform(transactions, lambda moved: moved.transaction_id) as transaction_ids
    from decisions
),

acts as (
    {{ postdated('sent', 'parameters') }}
),

named as (
    select
        case_id,
        decision_id,
        unnest(transaction_ids) as transaction_id
    from acts
),

-- An act whose evidence is not all there has no effect, not half of one.
without_movement as (
    select distinct
        named.case_id,
        named.decision_id
    from named
    anti join transactions on named.transaction_id = transactions.transaction_id
),

-- In the order of the topic, which nobody can choose afterwards; decided_at is what the sender says.
dated as (
    select
        acts.*,
        row_number() over (partition by case_id order by _landed_at, _partition, _offset) as act_number,
        coalesce(decided_at < max(decided_at) filter (where not is_postdated) over (
            partition by case_id order by _landed_at, _partition, _offset
            rows between unbounded preceding and 1 preceding
        ), false) as is_backdated
    from acts
),

-- What is wrong with an act whatever it finds.
examined as (
    select
        dated.*,
        case
            when dated.is_postdated then 'postdated'
            when dated.is_backdated then 'backdated'
            when dated.act = 'assigned' and coalesce(trim(dated.assigned_to), '') = '' then 'assigned_to_nobody'
            when
                dated.act in ('evidence_added', 'evidence_struck')
                and (coalesce(len(dated.transaction_ids), 0) = 0 or without_movement.decision_id is not null)
                then 'evidence_without_movement'
            when dated.act = 'narrated' and coalesce(trim(dated.narrative), '') = '' then 'narrative_without_text'
            when dated.act = 'disposed' and dated.disposition is null then 'disposal_without_disposition'
        end as own_fault
    from dated
    left join without_movement
        on dated.case_id = without_movement.case_id and dated.decision_id = without_movement.decision_id
),

-- Act after act: what a case is when an act finds it, and whose disposal, and whose word on the narrative, stands then.
walked as (
    select
        case_id,
        0::bigint as act_number,
        null::varchar as disposer_id,
        null::varchar as narrator_id,
        null::varchar as violated_rule,
        'candidate' as next_status,
        null::varchar as next_disposer_id,
        null::varchar as next_narrator_id
    from examined
    where act_number = 1
    union all
    select
        met.case_id,
        met.act_number,
        met.disposer_id,
        met.narrator_id,
        met.violated_rule,
        case when met.violated_rule is null then met.next_status else met.status end as next_status,
        case
            when met.violated_rule is null and met.act = 'disposed' then met.officer_id
            when met.violated_rule is null and met.act = 'opened' then null
            else met.disposer_id
        end as next_disposer_id,
        case
            when met.violated_rule is null and met.act in ('narrated', 'narrative_dropped') then met.officer_id
            else met.narrator_id
        end as next_narrator_id
    from (
        select
            examined.case_id,
            examined.act_number,
            examined.act,
            examined.officer_id,
            walked.next_disposer_id as disposer_id,
            walked.next_narrator_id as narrator_id,
            transitions.status,
            transitions.next_status,
            coalesce(
                examined.own_fault,
                transitions.rule,
                case
                    when transitions.who = 'another' and examined.officer_id = walked.next_disposer_id then 'four_eyes'
                    when examined.act = 'approved' and examined.officer_id = walked.next_narrator_id
                        then 'own_narrative'
                end
            ) as violated_rule
        from walked
        inner join examined
            on walked.case_id = examined.case_id and walked.act_number + 1 = examined.act_number
        inner join transitions on examined.act = transitions.act and walked.next_status = transitions.status
    ) as met
),

final as (
    select
        examined.decision_id,
        examined.case_id,
        examined.act,
        examined.officer_id,
        examined.officer_name,
        examined.officer_role,
        examined.assigned_to,
        examined.transaction_ids,
        examined.disposition,
        examined.joint_filers,
        examined.referred_to,
        examined.suppress_until,
        examined.suppress_scenarios,
        examined.reason,
        examined.narrative,
        examined.seen,
        examined.settles,
        walked.disposer_id,
        walked.narrator_id,
        walked.next_status as status,
        walked.violated_rule,
        examined.decided_at,
        examined.act_number,
        case
            when walked.violated_rule is null and examined.act = 'narrated'
                then count(*) filter (where walked.violated_rule is null and examined.act = 'narrated') over (
                    partition by examined.case_id order by examined.act_number
                )
        end as narrative_version,
        examined._topic,
        examined._partition,
        examined._offset,
        examined._timestamp,
        examined._pin
    from examined
    inner join walked
        on examined.case_id = walked.case_id and examined.act_number = walked.act_number
)

select * from final
