"""What officers act on: cases, and exemptions from reports of cash. Each has its topic and its table of rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts import decisions, exemptions


@dataclass(frozen=True)
class Matter:
    """Where the acts on one kind of thing are, and by which rules they go.

    ``proposals`` are the acts that another officer has to approve, ``withdrawals`` those that take one back, ``texts``
    those whose author approves nothing. ``contents`` names by act the field that it cannot be without. ``ahead`` gives
    the minutes that an act may be dated ahead of its message on ``$day``.
    ``known`` and ``landed`` take the thing as ``$about_id``, and so does ``standing``, which gives its status, the
    officer whose proposal stands, the time of its last act, and the author of its text; no row where there is no such
    thing.
    """

    noun: str
    topic: str
    act_key: str
    proposals: frozenset[str]
    withdrawals: frozenset[str]
    transitions: str
    meanings: str
    known: str
    landed: str
    standing: str
    remedy: str
    ahead: str
    texts: frozenset[str] = frozenset()
    contents: Mapping[str, str] = field(default_factory=dict)


_AHEAD = """
    select max(value)::integer
    from lake.intermediate.int_scenario_parameters
    where
        scenario_id = 'violations'
        and parameter = 'ahead_minutes'
        and $day between first_day and coalesce(last_day, date '9999-12-31')
"""

CASES = Matter(
    noun="case",
    topic=decisions.TOPIC,
    act_key="decision_id",
    proposals=frozenset({"disposed"}),
    withdrawals=frozenset({"opened"}),
    transitions="select act, status, who, next_status, rule from lake.seeds.case_transitions",
    meanings="select rule, meaning from lake.seeds.case_rules",
    known="select decision_id from lake.str.case_acts where case_id = $about_id",
    landed="""
        select
            decision_id, act, officer_id, decided_at, _timestamp,
            coalesce(list_transform(transactions, lambda moved: moved.transaction_id), []) as transaction_ids,
            coalesce(case act
                when 'assigned' then assigned_to
                when 'narrated' then narrative
                when 'disposed' then disposition
                else act
            end, '') as content
        from lake.landing.compliance_decisions
        where
            case_id = $about_id
            and decision_id not in (select decision_id from lake.str.case_acts where case_id = $about_id)
        qualify row_number() over (partition by decision_id order by _landed_at, _partition, _offset) = 1
        order by _landed_at, _partition, _offset
    """,
    standing="""
        select
            coalesce(last(acts.status order by acts.act_number), 'candidate') as status,
            nullif(
                last(case acts.act when 'disposed' then acts.officer_id else '' end order by acts.act_number)
                    filter (where acts.violated_rule is null and acts.act in ('disposed', 'opened')),
                ''
            ) as proposer_id,
            max(acts.decided_at) filter (where acts.violated_rule is distinct from 'postdated') as last_decided_at,
            last(acts.officer_id order by acts.act_number) filter (
                where acts.violated_rule is null and acts.act in ('narrated', 'narrative_dropped')
            ) as narrator_id
        from lake.str.cases as cases
        left join lake.str.case_acts as acts on cases.case_id = acts.case_id
        where cases.case_id = $about_id
        group by cases.case_id
    """,
    remedy="'vigil case list' shows those that are",
    texts=frozenset({"narrated", "narrative_dropped"}),
    contents={"assigned": "assigned_to", "narrated": "narrative", "disposed": "disposition"},
    ahead=_AHEAD,
)
EXEMPTIONS = Matter(
    noun="exemption",
    topic=exemptions.TOPIC,
    act_key="act_id",
    proposals=frozenset({"designated", "amended", "revoked"}),
    withdrawals=frozenset(),
    transitions="select act, status, who, next_status, rule from lake.seeds.exemption_transitions",
    meanings="select rule, meaning from lake.seeds.exemption_rules",
    known="select act_id from lake.str.exemption_acts where exemption_id = $about_id",
    landed="""
        select act_id, act, officer_id, decided_at, _timestamp, []::varchar[] as transaction_ids, act as content
        from lake.landing.compliance_exemptions
        where exemption_id = $about_id and act_id not in (select act_id from lake.str.exemption_acts)
        qualify row_number() over (partition by act_id order by _landed_at, _partition, _offset) = 1
        order by _landed_at, _partition, _offset
    """,
    # An exemption begins with its first act.
    standing="""
        select
            coalesce(last(status order by act_number), 'none') as status,
            last(officer_id order by act_number)
                filter (where violated_rule is null and act in ('designated', 'amended', 'revoked')) as proposer_id,
            max(decided_at) filter (where violated_rule is distinct from 'postdated') as last_decided_at,
            null as narrator_id
        from lake.str.exemption_acts
        where exemption_id = $about_id
    """,
    remedy="'vigil exemption list' shows those that are",
    ahead=_AHEAD,
)
