with evidence as (
    select distinct transaction_id from {{ ref('case_transactions') }}
),

movements as (
    select * from {{ ref('int_movements') }}
),

final as (
    select
        date_trunc('month', movements.local_date)::date as month,
        coalesce(movements.counterparty_country, 'unknown') as country,
        movements.direction,
        movements.base_currency,
        count(*) as movements,
        sum(movements.base_amount)::decimal(38, 4) as amount
    from evidence
    inner join movements on evidence.transaction_id = movements.transaction_id
    group by all
)

select * from final
