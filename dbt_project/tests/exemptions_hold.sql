{{ config(severity='warn') }}

-- An approved exemption that breaks a rule: cash is reported nevertheless, or its review is overdue.
select
    exemption_id,
    party_id,
    rule,
    detail
from {{ ref('exemption_findings') }}
