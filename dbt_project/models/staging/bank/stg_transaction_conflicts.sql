with repeats as (
    select * from {{ ref('stg_transaction_repeats') }}
),

final as (
    select *
    from repeats
    where len(differing_fields) > 0
)

select * from final
