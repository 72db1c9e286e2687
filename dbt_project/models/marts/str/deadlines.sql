{#- A count whose case or day fell away stays as it was, so that what was missed remains an alarm. -#}
{{ config(full_refresh=false, on_schema_change='append_new_columns') }}

with recursive cases as (
    select * from {{ ref('cases') }}
),

alerts as (
    select * from {{ ref('alerts') }}
),

case_alerts as (
    select * from {{ ref('case_alerts') }}
),

acts as (
    select * from {{ ref('case_acts') }} where violated_rule is null
),

ctr as (
    select * from {{ ref('ctr_due') }}
),

exemptions as (
    select * from {{ ref('exemptions') }} where len(failed_rules) = 0
),

exemption_acts as (
    select * from {{ ref('exemption_acts') }} where violated_rule is null
),

designations as (
    select * from {{ ref('exemption_designations') }}
),

requirements as (
    select
        * exclude (effective_to),
        coalesce(effective_to, date '9999-12-31') as effective_to
    from {{ ref('exemption_requirements') }}
),

steps as (
    select * from {{ ref('filing_steps') }} where violated_rule is null
),

obligations as (
    select
        * exclude (effective_to),
        coalesce(effective_to, date '9999-12-31') as effective_to
    from {{ ref('reporting_obligations') }}
),

business_days as (
    select * from {{ ref('int_business_days') }}
),

jurisdictions as (
    select * from {{ ref('int_jurisdiction') }}
),

today as (
    select * from {{ ref('int_today') }}
),

-- How deadlines are watched over does not differ by customer, so that the unknown segment stands for all.
parameters as (
    select * from ({{ scenario_parameters('deadlines', ['near_days']) }})
    where segment = 'unknown'
),

-- Late data may put an alert before the one that opened a case, or take that one away; who decided on the case decided
-- all the same. What is filed then is the case that has the alert now.
openers as (
    select
        {{ case_id('alerts.subject_type', 'alerts.subject_id', 'alerts.alert_id') }} as case_id,
        alerts.jurisdiction,
        case_alerts.case_id as stands_in
    from alerts
    left join case_alerts on alerts.alert_id = case_alerts.alert_id
),

decided as (
    select distinct
        acts.case_id,
        coalesce(cases.case_id, openers.stands_in, acts.case_id) as about_id,
        coalesce(cases.jurisdiction, openers.jurisdiction) as jurisdiction
    from acts
    left join cases on acts.case_id = cases.case_id
    left join openers on acts.case_id = openers.case_id
    where acts.act = 'disposed' and (cases.case_id is not null or openers.case_id is not null)
),

-- What the regulator sent back, and has not taken since, is not filed.
returned as (
    select filing_ref
    from steps
    where status in ('acknowledged', 'returned')
    group by all
    having max_by(status, step_number) = 'returned'
),

submitted as (
    select
        submissions.filing_ref,
        coalesce(submissions.case_id, submissions.business_day::varchar, submissions.designation_id) as about_id,
        submissions.profile,
        min(submissions.occurred_at) as moment
    from steps as submissions
    anti join returned on submissions.filing_ref = returned.filing_ref
    where submissions.status = 'submitted'
    group by submissions.filing_ref, about_id, submissions.profile
),

filed as (
    select
        submitted.*,
        timezone(jurisdictions.time_zone, timezone('UTC', submitted.moment))::date as day
    from submitted
    cross join jurisdictions
),

-- Each act with the disposal that it is about.
disposals as (
    select
        *,
        last(if(act = 'disposed', act_number, null) ignore nulls) over acts_so_far as disposal_number,
        last(if(act = 'disposed', disposition, null) ignore nulls) over acts_so_far as disposed_with
    from acts
    where act in ('disposed', 'approved', 'rejected')
    window acts_so_far as (partition by case_id order by act_number)
),

-- Another officer's word that there is nothing to report. One taken back by a review was none.
endings as (
    select
        case_id,
        min(act_number) filter (where act = 'approved') as act_number,
        min(decided_at) filter (where act = 'approved') as moment
    from disposals
    where disposed_with <> 'report'
    group by case_id, disposal_number
    having count(*) filter (where act = 'approved') > 0 and count(*) filter (where act = 'rejected') = 0
),

reports as (
    select
        acts.case_id,
        acts.decision_id,
        acts.act_number,
        acts.decided_at,
        lag(acts.act_number) over (partition by acts.case_id order by acts.act_number) as act_number_before,
        lag(acts.decided_at) over (partition by acts.case_id order by acts.act_number) as decided_before
    from acts
    semi join decided on acts.case_id = decided.case_id
    where acts.act = 'disposed' and acts.disposition = 'report'
),

-- A case that is reported again while its count runs was determined the first time: no clock is set back, neither by
-- opening it again nor by one officer's word.
determined as (
    select
        reports.case_id,
        reports.decision_id as origin_id,
        reports.decided_at as started_at,
        (
            select min(endings.moment)
            from endings
            where reports.case_id = endings.case_id and reports.act_number < endings.act_number
        ) as ended_at
    from reports
    inner join decided on reports.case_id = decided.case_id
    where
        reports.act_number_before is null
        or exists (
            select 1
            from endings
            where
                reports.case_id = endings.case_id
                and endings.act_number between reports.act_number_before and reports.act_number
        )
        or exists (
            select 1
            from submitted
            inner join obligations on decided.jurisdiction = obligations.jurisdiction and obligations.about = 'case'
            where
                submitted.about_id in (reports.case_id, decided.about_id)
                and list_contains(string_split(obligations.profiles, ' '), submitted.profile)
                and submitted.moment > reports.decided_before
                and submitted.moment <= reports.decided_at
        )
),

begun as (
    select
        'determination' as runs_from,
        determined.*,
        decided.about_id,
        decided.jurisdiction
    from determined
    inner join decided on determined.case_id = decided.case_id
    union all
    -- Where the count runs from the alert, every case has to be reported unless another outcome stands approved.
    select
        'alert' as runs_from,
        case_id,
        case_id as origin_id,
        opened_at as started_at,
        case when status = 'approved' and disposition <> 'report' then approved_at end as ended_at,
        case_id as about_id,
        jurisdiction
    from cases
),

begun_on as (
    select
        begun.*,
        timezone(jurisdictions.time_zone, timezone('UTC', begun.started_at))::date as started_on,
        timezone(jurisdictions.time_zone, timezone('UTC', begun.ended_at))::date as ended_on,
        -- Of a case that is no more nobody can say that its suspect is unknown.
        cases.case_id is null or cases.subject_party_id is not null as has_suspect
    from begun
    cross join jurisdictions
    left join cases on begun.about_id = cases.case_id
),

days as (
    select distinct
        jurisdiction,
        business_day
    from ctr
),

duties as (
    select
        obligations.*,
        begun_on.case_id,
        null::date as business_day,
        null::varchar as exemption_id,
        [begun_on.case_id, begun_on.about_id] as about_ids,
        begun_on.origin_id,
        begun_on.started_at,
        begun_on.ended_at,
        begun_on.started_on,
        begun_on.ended_on,
        begun_on.has_suspect
    from begun_on
    inner join obligations
        on begun_on.jurisdiction = obligations.jurisdiction
        and begun_on.runs_from = obligations.runs_from
        and begun_on.started_on between obligations.effective_from and obligations.effective_to
    where obligations.about = 'case'
    union all
    select
        obligations.*,
        null as case_id,
        days.business_day,
        null as exemption_id,
        [days.business_day::varchar] as about_ids,
        days.business_day::varchar as origin_id,
        timezone('UTC', timezone(jurisdictions.time_zone, days.business_day::timestamp)) as started_at,
        null as ended_at,
        days.business_day as started_on,
        null as ended_on,
        true as has_suspect
    from days
    cross join jurisdictions
    inner join obligations
        on days.jurisdiction = obligations.jurisdiction
        and days.business_day between obligations.effective_from and obligations.effective_to
    where obligations.about = 'day'
    union all
    -- What amends or ends an exemption has no last day. Who tells of the first designation before cash is exempt by it
    -- is in time, too.
    select
        obligations.*,
        null as case_id,
        null as business_day,
        exemptions.exemption_id,
        [exemptions.designation_id] as about_ids,
        exemptions.exemption_id as origin_id,
        designations.proposed_at as started_at,
        null as ended_at,
        exemptions.first_exempted_on as started_on,
        null as ended_on,
        true as has_suspect
    from exemptions
    inner join designations on exemptions.designation_id = designations.designation_id and designations.is_filed
    inner join obligations
        on designations.jurisdiction = obligations.jurisdiction
        and obligations.runs_from = 'first_exempted'
        and exemptions.first_exempted_on between obligations.effective_from and obligations.effective_to
    where obligations.about = 'exemption'
),

-- The first under any of the profiles.
duties_filed as (
    select
        duties.*,
        filed.filing_ref,
        filed.day as done_on
    from duties
    left join filed
        on list_contains(duties.about_ids, filed.about_id)
        and list_contains(string_split(duties.profiles, ' '), filed.profile)
        and filed.moment between duties.started_at and coalesce(duties.ended_at, filed.moment)
    qualify row_number() over (
        partition by duties.report, duties.case_id, duties.origin_id order by filed.moment, filed.filing_ref
    ) = 1
),

-- A correction tells again what was filed, and goes with the first of its line that counts.
lines as (
    select
        filing_ref,
        filing_ref as line
    from steps
    group by filing_ref
    having max(corrects) is null
    union
    select
        steps.filing_ref,
        lines.line
    from steps
    inner join lines on steps.corrects = lines.filing_ref
),

told as (
    select filed.*
    from filed
    left join lines on filed.filing_ref = lines.filing_ref
    qualify row_number() over (
        partition by filed.about_id, filed.profile, coalesce(lines.line, filed.filing_ref)
        order by filed.moment, filed.filing_ref
    ) = 1
),

-- Who opens a case again has said nothing yet of what became of it.
reviews as (
    select
        said.case_id,
        timezone(jurisdictions.time_zone, timezone('UTC', said.moment))::date as day
    from (
        select
            case_id,
            decided_at as moment
        from acts
        where act = 'noted'
        union all
        select
            case_id,
            moment
        from endings
    ) as said
    cross join jurisdictions
),

-- Each report on a case begins the next count: what goes on is filed again, or an officer says that nothing goes on.
continued as (
    select
        obligations.*,
        told.about_id as case_id,
        told.filing_ref as origin_id,
        told.day as started_on,
        min_by(later.filing_ref, later.moment) as filing_ref,
        least(min(later.day), min(reviews.day)) as done_on
    from told
    cross join jurisdictions
    inner join obligations
        on jurisdictions.jurisdiction = obligations.jurisdiction
        and list_contains(string_split(obligations.profiles, ' '), told.profile)
        and told.day between obligations.effective_from and obligations.effective_to
    left join told as later
        on told.about_id = later.about_id
        and told.profile = later.profile
        and told.moment < later.moment
    left join reviews
        on told.about_id = reviews.case_id and reviews.day >= told.day + obligations.review_after
    where obligations.about = 'case' and obligations.continuing_count is not null
    group by all
),

-- Whoever approves something of an exemption, or says that it still holds, has looked at it, and begins the next count.
looked_at as (
    select
        exemption_acts.exemption_id,
        exemption_acts.act_id,
        exemption_acts.act_number,
        timezone(jurisdictions.time_zone, timezone('UTC', exemption_acts.decided_at))::date as day,
        lead(timezone(jurisdictions.time_zone, timezone('UTC', exemption_acts.decided_at))::date)
            over (partition by exemption_acts.exemption_id order by exemption_acts.act_number) as next_day
    from exemption_acts
    cross join jurisdictions
    where exemption_acts.act in ('approved', 'reviewed')
),

held as (
    select
        looked_at.*,
        designations.jurisdiction,
        designations.basis
    from looked_at
    semi join exemptions on looked_at.exemption_id = exemptions.exemption_id
    asof join designations
        on looked_at.exemption_id = designations.exemption_id
        and looked_at.act_number >= designations.approval_number
    where designations.kind <> 'revoked'
),

reviewed as (
    select
        held.jurisdiction,
        'DOEP' as report,
        'exemption' as about,
        null as profiles,
        'months' as unit,
        null as calendar,
        requirements.source,
        held.exemption_id,
        held.act_id as origin_id,
        held.day as started_on,
        held.next_day as done_on,
        requirements.value as months
    from held
    inner join requirements
        on held.jurisdiction = requirements.jurisdiction
        and held.basis = requirements.basis
        and requirements.requirement = 'review_months'
        and held.day between requirements.effective_from and requirements.effective_to
),

due as (
    select
        duties_filed.* exclude (count, extended_count, review_after, continuing_count, effective_from, effective_to),
        'filing' as kind,
        case when has_suspect then duties_filed.count else coalesce(extended_count, duties_filed.count) end as days
    from duties_filed
    union all by name
    select
        continued.* exclude (count, extended_count, review_after, continuing_count, effective_from, effective_to),
        'continuing' as kind,
        continuing_count as days
    from continued
    union all by name
    select
        reviewed.* exclude (months),
        'review' as kind,
        months as days
    from reviewed
),

dated as (
    select
        due.*,
        case due.unit
            when 'calendar_days' then due.started_on + due.days
            when 'months' then (due.started_on + to_months(due.days))::date
            when 'day_of_next_month' then (date_trunc('month', due.started_on) + to_months(1))::date + due.days - 1
            when 'business_days' then reached.day
        end as due_day
    from due
    left join business_days as begun on due.calendar = begun.calendar and due.started_on = begun.day
    left join business_days as reached
        on due.calendar = reached.calendar
        and reached.day = reached.business_day
        and begun.business_days_until + due.days = reached.business_days_until
),

known as (
    select
        -- What has no case is told apart by what it runs from alone.
        md5(concat_ws('|', dated.report, dated.kind, dated.case_id, dated.origin_id)) as deadline_id,
        dated.jurisdiction,
        dated.report,
        dated.about,
        dated.kind,
        dated.case_id,
        dated.business_day,
        string_split(dated.profiles, ' ') as profiles,
        dated.filing_ref,
        case
            when dated.done_on <= dated.due_day then 'met'
            when dated.done_on > dated.due_day then 'missed'
            when dated.ended_on <= dated.due_day then 'lapsed'
            when today.day > dated.due_day then 'missed'
            when today.day = dated.due_day then 'due'
            when dated.due_day - today.day <= parameters.near_days then 'near'
            else 'running'
        end as state,
        dated.source,
        case when dated.done_on is null then dated.due_day - today.day end as days_left,
        coalesce(dated.done_on > dated.due_day, false) as met_late,
        dated.started_on,
        dated.due_day,
        dated.done_on,
        today.day as as_of_day,
        dated.exemption_id
    from dated
    cross join today
    inner join parameters on dated.started_on between parameters.first_day and parameters.last_day
),

final as (
    select * from known
    {%- if is_incremental() %}
    union all by name
    select
        kept.* replace (
            case
                when kept.state in ('missed', 'met', 'lapsed') then kept.state
                when kept.due_day < today.day then 'missed'
                else 'lapsed'
            end as state,
            case when kept.done_on is null then kept.due_day - today.day end as days_left,
            today.day as as_of_day
        )
    from {{ this }} as kept
    cross join today
    inner join parameters on kept.started_on between parameters.first_day and parameters.last_day
    semi join obligations
        on kept.jurisdiction = obligations.jurisdiction
        and kept.report = obligations.report
        and kept.started_on between obligations.effective_from and obligations.effective_to
    anti join known on kept.deadline_id = known.deadline_id
    {%- endif %}
)

select * from final
