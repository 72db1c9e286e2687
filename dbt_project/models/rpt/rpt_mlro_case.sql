with cases as (
    select * from {{ ref('cases') }}
),

parties as (
    select * from {{ ref('parties') }}
),

states as (
    select * from {{ ref('stg_parties') }}
),

jurisdictions as (
    select * from {{ ref('jurisdictions') }}
),

filings as (
    select
        case_id,
        list_sort(list(filing_ref)) as filing_refs,
        min(submitted_on) filter (where is_filed) as filed_on
    from {{ ref('rpt_mlro_filing') }}
    group by all
),

final as (
    select
        cases.case_id,
        cases.subject_type,
        cases.subject_id,
        cases.subject_party_id,
        states.name as subject_name,
        coalesce(parties.segment, 'unknown') as segment,
        states.residence_country as country,
        parties.risk_rating,
        cases.jurisdiction,
        cases.status,
        cases.priority,
        cases.disposition,
        cases.decision_reason,
        cases.disposed_by,
        cases.approved_by,
        cases.scenarios,
        coalesce(filings.filing_refs, []) as filing_refs,
        cases.amount,
        cases.base_currency,
        cases.transaction_count,
        len(cases.alert_ids) as alerts,
        timezone(jurisdictions.time_zone, timezone('UTC', cases.opened_at))::date as opened_on,
        case
            when cases.status = 'approved'
                then timezone(jurisdictions.time_zone, timezone('UTC', cases.approved_at))::date
        end as decided_on,
        filings.filed_on
    from cases
    inner join jurisdictions on cases.jurisdiction = jurisdictions.jurisdiction
    left join parties on cases.subject_party_id = parties.party_id
    left join states on cases.subject_party_id = states.party_id
    left join filings on cases.case_id = filings.case_id
)

select * from final
