-- Every act has its row for every status; one that had none would lose its exemption all later acts.
with transitions as (
    select * from {{ ref('exemption_transitions') }}
),

statuses as (
    select distinct next_status as status from transitions
),

acts as (
    select distinct act from transitions
    union
    select distinct act from {{ ref('stg_exemption_acts') }}
)

select
    acts.act,
    statuses.status
from acts
cross join statuses
anti join transitions on acts.act = transitions.act and statuses.status = transitions.status
