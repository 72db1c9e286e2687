{{ config(severity='warn') }}

-- An act without effect: nothing is exempt, or no longer exempt, by it.
select
    exemption_id,
    act,
    officer_id,
    violated_rule,
    decided_at
from {{ ref('exemption_acts') }}
where violated_rule is not null
