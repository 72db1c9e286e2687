with case_evidence as (
    select * from {{ ref('case_evidence') }} where is_in_evidence
),

movements as (
    select * from {{ ref('int_movements') }}
),

final as (
    select
        case_evidence.case_id,
        case_evidence.transaction_id,
        movements.account_id,
        movements.direction,
        movements.base_amount,
        movements.base_currency,
        movements.booked_at,
        movements.local_date
    from case_evidence
    inner join movements on case_evidence.transaction_id = movements.transaction_id
)

select * from final
