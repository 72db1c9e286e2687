{{ config(severity='warn') }}

-- An approved exemption that breaks a rule: cash is reported nevertheless, its review is overdue, or so is its filing.
select
    exemption_id,
    party_id,
    rule,
    detail
from {{ ref('exemption_findings') }}
union all
select
    exemption_id,
    party_id,
    'filed_late' as rule,
    format('to be filed by {}', file_by) as detail
from {{ ref('exemptions') }}
where is_filed_late
