{{ config(severity='warn') }}

-- A step that does not count: somebody sent, or the regulator answered, what was not made here.
select
    filing_ref,
    status,
    violated_rule,
    occurred_at
from {{ ref('filing_steps') }}
where violated_rule is not null
