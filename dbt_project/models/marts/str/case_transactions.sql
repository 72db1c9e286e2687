with case_alerts as (
    select * from {{ ref('case_alerts') }}
),

movements as (
    select * from {{ ref('int_movements') }}
),

evidence as (
    select distinct
        case_id,
        unnest(evidence) as transaction_id
    from case_alerts
),

final as (
    select
        evidence.case_id,
        evidence.transaction_id,
        movements.account_id,
        movements.direction,
        movements.base_amount,
        movements.base_currency,
        movements.booked_at,
        movements.local_date
    from evidence
    inner join movements on evidence.transaction_id = movements.transaction_id
)

select * from final
