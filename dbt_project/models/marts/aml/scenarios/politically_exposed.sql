with movements as (
    select * from {{ ref('int_movements') }}
    where
        is_activity
        and holder_is_pep
        and method in ('cash', 'cheque', 'credit_transfer')
        and {{ is_touched() }}
),

parameters as (
    {{ scenario_parameters('politically_exposed', ['lookback_days', 'minimum_amount', 'turnover_factor']) }}
),

events as (
    select
        movements.account_id as subject_id,
        movements.*,
        parameters.* exclude (jurisdiction, segment)
    from movements
    inner join parameters on {{ in_force('movements') }}
),

{{ beyond_profile('politically_exposed', "'Transfers and cash of a politically exposed person'") }}

select * from final
