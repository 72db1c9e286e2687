with designations as (
    select * from {{ ref('exemption_designations') }} where is_filed
),

findings as (
    select * from {{ ref('exemption_findings') }} where blocks
),

filings as (
    select * from {{ ref('filings') }} where regulator_reference is not null
),

parties as (
    select * from {{ ref('stg_parties') }}
),

failed as (
    select
        designation_id,
        string_agg(detail, '; ' order by rule) as not_eligible
    from findings
    group by all
),

-- The number by which the regulator knows the exemption: that of the last earlier filing of it.
earlier as (
    select
        designations.designation_id,
        arg_max(filings.regulator_reference, filings.generated_at) as regulator_reference
    from designations
    inner join designations as before
        on designations.exemption_id = before.exemption_id
        and designations.approval_number > before.approval_number
    inner join filings on before.designation_id = filings.designation_id
    group by all
),

final as (
    select
        designations.designation_id,
        designations.exemption_id,
        designations.kind,
        designations.jurisdiction,
        designations.party_id,
        designations.basis,
        designations.doing_business_as,
        designations.proposed_by,
        designations.proposed_by_name,
        designations.approved_by,
        designations.approved_by_name,
        designations.reason,
        failed.not_eligible,
        coalesce(designations.prior_document_number, earlier.regulator_reference) as prior_document_number,
        parties.party_type,
        parties.name,
        parties.first_name,
        parties.last_name,
        parties.tax_id,
        parties.tax_id_country,
        parties.occupation,
        parties.industry_code,
        parties.addresses,
        parties.phones,
        parties.email,
        designations.effective_on,
        designations.approved_at,
        designations._topic,
        designations._partition,
        designations._offset,
        parties._topic as _party_topic,
        parties._partition as _party_partition,
        parties._offset as _party_offset
    from designations
    left join failed on designations.designation_id = failed.designation_id
    left join earlier on designations.designation_id = earlier.designation_id
    left join parties on designations.party_id = parties.party_id
)

select * from final
