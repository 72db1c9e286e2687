-- All cash that a report is due for stands in one report, and somebody is involved in each movement of it.
with reportable as (
    select distinct unnest(transaction_ids) as transaction_id
    from {{ ref('ctr_due') }}
),

printed as (
    select * from {{ ref('rpt_ctr_transaction') }}
),

persons as (
    select * from {{ ref('rpt_ctr_person') }}
),

reports as (
    select * from {{ ref('rpt_ctr') }}
)

select
    reportable.transaction_id as what,
    'is to be reported and is in no report' as fault
from reportable
anti join printed on reportable.transaction_id = printed.transaction_id
union all
select
    reports.report_id as what,
    'tells cash for nobody' as fault
from reports
left join persons on reports.report_id = persons.report_id
group by reports.report_id, reports.cash_in, reports.cash_out
having
    coalesce(sum(persons.cash_in), 0) < reports.cash_in
    or coalesce(sum(persons.cash_out), 0) < reports.cash_out
