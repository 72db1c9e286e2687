with cases as (
    select * from {{ ref('cases') }}
),

acts as (
    select * from {{ ref('case_acts') }} where violated_rule is null
),

ctr as (
    select * from {{ ref('ctr_reportable') }}
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

-- What says whether a case is to be reported: an outcome, or another officer's no to it.
outcomes as (
    select
        acts.case_id,
        acts.decision_id,
        acts.act_number,
        coalesce(acts.act = 'disposed' and acts.disposition = 'report', false) as is_report,
        timezone(jurisdictions.time_zone, timezone('UTC', acts.decided_at))::date as day
    from acts
    cross join jurisdictions
    where acts.act in ('disposed', 'rejected')
),

-- A case that is opened again and then reported after all was determined the first time: the clock is not set back.
chained as (
    select
        *,
        is_report
        and not coalesce(lag(is_report) over (partition by case_id order by act_number), false) as begins,
        min(case when not is_report then act_number end) over (
            partition by case_id order by act_number rows between 1 following and unbounded following
        ) as ending_act
    from outcomes
),

determined as (
    select
        chained.case_id,
        chained.decision_id as origin_id,
        chained.day as started_on,
        endings.day as ended_on
    from chained
    left join outcomes as endings
        on chained.case_id = endings.case_id and chained.ending_act = endings.act_number
    where chained.begins
),

last_outcomes as (
    select *
    from outcomes
    qualify row_number() over (partition by case_id order by act_number desc) = 1
),

-- Where the count runs from the alert, every case has to be reported in time unless it was decided otherwise.
alerted as (
    select
        cases.case_id,
        cases.case_id as origin_id,
        timezone(jurisdictions.time_zone, timezone('UTC', cases.opened_at))::date as started_on,
        case when not last_outcomes.is_report and cases.status <> 'rejected' then last_outcomes.day end as ended_on
    from cases
    cross join jurisdictions
    left join last_outcomes on cases.case_id = last_outcomes.case_id
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
        cases.case_id,
        null::date as business_day,
        cases.case_id as about_id,
        begun.origin_id,
        begun.started_on,
        begun.ended_on,
        cases.subject_party_id is not null as has_suspect
    from (
        select
            'determination' as runs_from,
            *
        from determined
        union all
        select
            'alert' as runs_from,
            *
        from alerted
    ) as begun
    inner join cases on begun.case_id = cases.case_id
    inner join obligations
        on cases.jurisdiction = obligations.jurisdiction
        and begun.runs_from = obligations.runs_from
        and begun.started_on between obligations.effective_from and obligations.effective_to
    where obligations.about = 'case'
    union all
    select
        obligations.*,
        null as case_id,
        days.business_day,
        days.business_day::varchar as about_id,
        days.business_day::varchar as origin_id,
        days.business_day as started_on,
        null as ended_on,
        true as has_suspect
    from days
    inner join obligations
        on days.jurisdiction = obligations.jurisdiction
        and days.business_day between obligations.effective_from and obligations.effective_to
    where obligations.about = 'day'
),

-- What the regulator sent back, and has not taken since, is not filed.
returned as (
    select filing_ref
    from steps
    where status in ('acknowledged', 'returned')
    group by all
    having max_by(status, step_number) = 'returned'
),

filed as (
    select
        submissions.filing_ref,
        coalesce(submissions.case_id, submissions.business_day::varchar) as about_id,
        submissions.profile,
        timezone(jurisdictions.time_zone, timezone('UTC', min(submissions.occurred_at)))::date as day
    from steps as submissions
    cross join jurisdictions
    anti join returned on submissions.filing_ref = returned.filing_ref
    where submissions.status = 'submitted'
    group by submissions.filing_ref, about_id, submissions.profile, jurisdictions.time_zone
),

-- The first under any of the profiles.
duties_filed as (
    select
        duties.*,
        filed.filing_ref,
        filed.day as done_on
    from duties
    left join filed
        on duties.about_id = filed.about_id
        and list_contains(string_split(duties.profiles, ' '), filed.profile)
        and filed.day between duties.started_on and coalesce(duties.ended_on, filed.day)
    qualify row_number() over (
        partition by duties.report, duties.origin_id order by filed.day, filed.filing_ref
    ) = 1
),

reviews as (
    select
        acts.case_id,
        timezone(jurisdictions.time_zone, timezone('UTC', acts.decided_at))::date as day
    from acts
    cross join jurisdictions
    where acts.act in ('noted', 'opened')
),

-- Each filing on a case begins the next count: what goes on is filed again, or an officer says that nothing goes on.
continued as (
    select
        duties.* replace (filed.day as started_on, filed.filing_ref as origin_id, null::date as ended_on),
        min_by(later.filing_ref, later.day) as filing_ref,
        least(min(later.day), min(reviews.day)) as done_on
    from duties
    inner join filed
        on duties.about_id = filed.about_id
        and list_contains(string_split(duties.profiles, ' '), filed.profile)
        and filed.day >= duties.started_on
    left join filed as later
        on filed.about_id = later.about_id
        and filed.profile = later.profile
        and filed.day < later.day
    left join reviews
        on duties.case_id = reviews.case_id and reviews.day >= filed.day + duties.review_after
    where duties.continuing_count is not null
    group by all
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
),

dated as (
    select
        due.*,
        case due.unit
            when 'calendar_days' then due.started_on + due.days
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

final as (
    select
        md5(concat_ws('|', dated.report, dated.kind, dated.origin_id)) as deadline_id,
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
        today.day as as_of_day
    from dated
    cross join today
    inner join parameters on dated.started_on between parameters.first_day and parameters.last_day
)

select * from final
