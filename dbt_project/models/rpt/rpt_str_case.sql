with cases as (
    select * from {{ ref('cases') }} where status = 'approved' and disposition = 'report'
),

case_transactions as (
    select * from {{ ref('case_transactions') }}
),

filings as (
    select * from {{ ref('filings') }}
),

prior_filings as (
    select
        case_id,
        list(
            {
                'profile': profile,
                'filing_ref': filing_ref,
                'corrects': corrects,
                'regulator_reference': regulator_reference,
                'pin': pin
            }
            order by generated_at, filing_ref
        ) as prior_filings
    from filings
    where
        case_id is not null
        and status in ('acknowledged', 'returned', 'corrected')
    group by all
),

activity as (
    select
        case_id,
        min(local_date) as activity_from,
        max(local_date) as activity_to
    from case_transactions
    group by all
),

final as (
    select
        cases.case_id,
        cases.subject_type,
        cases.subject_id,
        cases.subject_party_id,
        cases.jurisdiction,
        cases.disposed_by,
        cases.disposed_by_name,
        cases.approved_by,
        cases.approved_by_name,
        cases.scenarios,
        cases.decision_reason,
        cases.joint_filers,
        cases.narrative as officer_narrative,
        cases.amount,
        cases.base_currency,
        cases.transaction_count,
        activity.activity_from,
        activity.activity_to,
        cases.opened_at,
        cases.determination_at,
        cases.approved_at,
        coalesce(prior_filings.prior_filings, []) as prior_filings
    from cases
    left join activity on cases.case_id = activity.case_id
    left join prior_filings on cases.case_id = prior_filings.case_id
)

select * from final
