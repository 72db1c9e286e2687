"""What the monthly report asks of schema ``rpt``: each statement takes $pin and, where it
names them, $first and $last, the days of the month."""

from __future__ import annotations

ALERTS = """
    select
        scenario_id, scenario_name, segment,
        sum(alerts)::bigint as alerts,
        sum(suppressed)::bigint as suppressed,
        sum(in_cases)::bigint as in_cases,
        sum(decided)::bigint as decided,
        sum(reported)::bigint as reported,
        sum(not_reported)::bigint as not_reported,
        sum(generated)::bigint as generated,
        sum(filed)::bigint as filed,
        sum(amount)::decimal(38, 4) as amount
    from lake.rpt.rpt_mlro_alert at (version => $pin)
    where month = $first
    group by all
    order by scenario_name, scenario_id, segment
"""

NAMES = """
    select scenario_id, arg_max(scenario_name, (month, scenario_name)) as scenario_name
    from lake.rpt.rpt_mlro_alert at (version => $pin)
    group by all
"""

# The month and the eleven before it, those without anything too.
TREND = """
    with months as (
        select
            unnest(generate_series($first - interval 11 month, $first::timestamp, interval 1 month))::date as month
    ),

    alerts as (
        select month, sum(alerts)::bigint as alerts
        from lake.rpt.rpt_mlro_alert at (version => $pin)
        group by all
    ),

    opened as (
        select date_trunc('month', opened_on)::date as month, count(*) as opened
        from lake.rpt.rpt_mlro_case at (version => $pin)
        where opened_on <= $last
        group by all
    ),

    decided as (
        select
            date_trunc('month', decided_on)::date as month,
            count(*) as decided,
            count(*) filter (where disposition = 'report') as reported,
            count(*) filter (where disposition = 'no_report') as not_reported
        from lake.rpt.rpt_mlro_case at (version => $pin)
        where decided_on <= $last
        group by all
    ),

    steps as (
        select
            unnest([
                {'step': 'generated', 'day': generated_on},
                {'step': 'submitted', 'day': submitted_on},
                {'step': 'acknowledged', 'day': acknowledged_on},
                {'step': 'returned', 'day': returned_on}
            ], recursive := true)
        from lake.rpt.rpt_mlro_filing at (version => $pin)
    ),

    filings as (
        select
            date_trunc('month', day)::date as month,
            count(*) filter (where step = 'generated') as generated,
            count(*) filter (where step = 'submitted') as submitted,
            count(*) filter (where step = 'acknowledged') as acknowledged,
            count(*) filter (where step = 'returned') as returned
        from steps
        where day <= $last
        group by all
    )

    select
        months.month,
        coalesce(alerts.alerts, 0) as alerts,
        coalesce(opened.opened, 0) as opened,
        coalesce(decided.decided, 0) as decided,
        coalesce(decided.reported, 0) as reported,
        coalesce(decided.not_reported, 0) as not_reported,
        coalesce(filings.generated, 0) as generated,
        coalesce(filings.submitted, 0) as submitted,
        coalesce(filings.acknowledged, 0) as acknowledged,
        coalesce(filings.returned, 0) as returned
    from months
    left join alerts on months.month = alerts.month
    left join opened on months.month = opened.month
    left join decided on months.month = decided.month
    left join filings on months.month = filings.month
    order by months.month
"""

OPEN_CASES = """
    select
        case_id, subject_name, subject_party_id, segment, country, priority, status, scenarios, alerts, amount,
        opened_on, date_diff('day', opened_on, $last) as age
    from lake.rpt.rpt_mlro_case at (version => $pin)
    where opened_on <= $last and (decided_on is null or decided_on > $last)
    order by opened_on, case_id
"""

DECIDED_CASES = """
    select
        case_id, subject_name, subject_party_id, segment, scenarios, disposition, decision_reason, disposed_by,
        approved_by, amount, opened_on, decided_on, date_diff('day', opened_on, decided_on) as took
    from lake.rpt.rpt_mlro_case at (version => $pin)
    where decided_on between $first and $last
    order by decided_on, case_id
"""

FILINGS = """
    select
        filing_ref, profile, case_id, business_day, status, regulator_reference, generated_on, submitted_on,
        acknowledged_on, returned_on
    from lake.rpt.rpt_mlro_filing at (version => $pin)
    where
        generated_on between $first and $last
        or submitted_on between $first and $last
        or acknowledged_on between $first and $last
        or returned_on between $first and $last
    order by generated_on, filing_ref
"""

# Those whose last day in time lies in the month, or that were open when it ended, however late.
DEADLINES = """
    select
        report, kind, case_id, business_day, exemption_id, filing_ref, state, due_day, done_on, days_left, started_on,
        source,
        due_day between $first and $last as is_of_month
    from lake.rpt.rpt_mlro_deadline at (version => $pin)
    where
        due_day between $first and $last
        or (started_on <= $last and coalesce(done_on > $last, state not in ('lapsed', 'met')))
    order by due_day, report, kind, case_id, business_day, deadline_id
"""

# Who was a customer at the end of the month. A customer without any day of review or onboarding is overdue, too.
CUSTOMERS = """
    select
        risk_rating, segment,
        count(*) as customers,
        count(*) filter (where coalesce(review_due < $last, true)) as overdue,
        count(*) filter (where completeness < 1) as incomplete
    from lake.rpt.rpt_mlro_customer at (version => $pin)
    where coalesce(onboarded_on <= $last, true)
    group by risk_rating, segment
    order by array_position(['high', 'medium', 'low'], risk_rating), risk_rating, segment
"""

OVERDUE = """
    select
        party_id, name, party_type, segment, risk_rating, risk_score, reviewed_on, review_due,
        date_diff('day', review_due, $last) as days, missing
    from lake.rpt.rpt_mlro_customer at (version => $pin)
    where
        coalesce(onboarded_on <= $last, true)
        and coalesce(review_due < $last, true)
    order by array_position(['high', 'medium', 'low'], risk_rating), risk_rating, review_due nulls first, party_id
"""

# Cases that were opened in the month or open at its end; a subject's cases together.
SUBJECTS = """
    select
        subject_party_id,
        max(subject_name) as subject_name,
        max(segment) as segment,
        max(country) as country,
        max(risk_rating) as risk_rating,
        count(*) as cases,
        list_sort(list_distinct(flatten(list(scenarios)))) as scenarios,
        sum(amount)::decimal(38, 4) as amount
    from lake.rpt.rpt_mlro_case at (version => $pin)
    where opened_on <= $last and (opened_on >= $first or decided_on is null or decided_on > $last)
    group by coalesce(subject_party_id, case_id), subject_party_id
    order by amount desc, subject_party_id, min(case_id)
"""

COUNTRIES = """
    select
        country,
        sum(movements)::bigint as movements,
        coalesce(sum(amount) filter (where direction = 'credit'), 0)::decimal(38, 4) as received,
        coalesce(sum(amount) filter (where direction = 'debit'), 0)::decimal(38, 4) as sent
    from lake.rpt.rpt_mlro_country at (version => $pin)
    where month = $first
    group by all
    order by received + sent desc, country
"""

VIOLATIONS = """
    select done_on, officer_id, officer_name, act, rule, detail, case_id, filing_ref
    from lake.rpt.rpt_mlro_violation at (version => $pin)
    where done_on between $first and $last
    order by done_on, act_id
"""
