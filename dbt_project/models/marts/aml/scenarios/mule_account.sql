with movements as (
    select * from {{ ref('int_movements') }} where is_activity and {{ is_touched() }}
),

parameters as (
    {{ scenario_parameters('mule_account', [
        'lookback_days', 'young_days', 'minimum_payers', 'minimum_amount', 'minimum_share_out', 'turnover_factor'
    ]) }}
),

events as (
    select
        movements.account_id as subject_id,
        movements.*,
        movements.local_date - movements.account_opened_on as age_days,
        parameters.* exclude (jurisdiction, segment)
    from movements
    inner join parameters on {{ in_force('movements') }}
    where movements.local_date - movements.account_opened_on <= parameters.young_days
),

measured as (
    select
        *,
        count(distinct counterparty_id) filter (where direction = 'credit') over lookback as payers,
        coalesce(sum(base_amount) filter (where direction = 'credit') over lookback, 0) as received,
        coalesce(sum(base_amount) filter (where direction = 'debit') over lookback, 0) as sent,
        expected_monthly_turnover::decimal(38, 4) * turnover_factor as expected
    from events
    window lookback as {{ lookback_window('subject_id') }}
),

fired as (
    select
        *,
        booked_at as fired_at,
        format('Opened {} days before (young: up to {}), the account received ', age_days, young_days::integer)
        || {{ money('received') }}
        || format(' of {} payers (at least {}) and sent on ', payers, minimum_payers::integer)
        || {{ money('sent') }}
        || format(' ({:.0f}%) within {} days, above the ', (100 * sent / received)::double, lookback_days::integer)
        || {{ money('greatest(minimum_amount, expected)') }} || ' that the profile explains' as reason,
        json_object(
            'age_days', age_days, 'payers', payers, 'received', received, 'sent', sent, 'expected', expected,
            'young_days', young_days, 'minimum_payers', minimum_payers, 'minimum_amount', minimum_amount,
            'minimum_share_out', minimum_share_out, 'lookback_days', lookback_days, 'turnover_factor', turnover_factor
        ) as measures
    from measured
    where
        direction = 'debit'
        and payers >= minimum_payers
        and received >= minimum_amount
        and received > expected
        and sent >= received * minimum_share_out
),

evidence as (
    select * from events
),

{{ alerts('mule_account', 'account') }}

select * from final
