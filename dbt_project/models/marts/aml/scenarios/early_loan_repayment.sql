{#- Who holds the account that repays may land late, and only few accounts are loans, so all are always judged anew. -#}
{{ config(incremental_strategy='replace') }}

with versions as (
    select * from {{ ref('stg_account_versions') }} where not is_deletion
),

loans as (
    select account_id
    from versions
    group by all
    having min_by(account_type, (changed_at, _offset)) = 'loan'
),

holders as (
    select * from {{ ref('int_account_holders') }}
),

-- A loan paid out before its account was kept here begins with its opening balance.
movements as (
    select movements.*
    from {{ ref('int_movements') }} as movements
    semi join loans on movements.account_id = loans.account_id
    where movements.is_activity or movements.method = 'opening'
),

parameters as (
    {{ scenario_parameters('early_loan_repayment', [
        'lookback_days', 'minimum_amount', 'minimum_repaid_share', 'minimum_foreign_share'
    ]) }}
),

-- Foreign is what came in cash, or from an account here of somebody who does not hold the loan. Who pays from another
-- bank may be the borrower, or the lender who takes the loan over.
events as (
    select
        movements.account_id as subject_id,
        movements.*,
        movements.method = 'cash'
        or not coalesce(list_has_any(holders.holder_party_ids, movements.holder_party_ids), true) as is_foreign,
        parameters.* exclude (jurisdiction, segment)
    from movements
    inner join parameters on {{ in_force('movements') }}
    left join holders
        on movements.counterparty_account_id = holders.account_id
        and movements.booked_at >= holders.valid_from
        and movements.booked_at < coalesce(holders.valid_to, timestamp '9999-12-31')
),

measured as (
    select
        *,
        coalesce(sum(base_amount) filter (where direction = 'debit') over lookback, 0) as lent,
        coalesce(sum(base_amount) filter (where direction = 'credit') over lookback, 0) as repaid,
        coalesce(sum(base_amount) filter (where direction = 'credit' and is_foreign) over lookback, 0)
            as repaid_by_others
    from events
    window lookback as {{ lookback_window('subject_id') }}
),

fired as (
    select
        *,
        booked_at as fired_at,
        {{ money('repaid') }}
        || format(
            ' ({:.0f}%, at least {:.0f}%) of the ', (100 * repaid / lent)::double, (100 * minimum_repaid_share)::double
        )
        || {{ money('lent') }} || ' (at least ' || {{ money('minimum_amount') }}
        || format(') lent were repaid within {} days, ', lookback_days::integer)
        || {{ money('repaid_by_others') }}
        || format(
            ' of it ({:.0f}%, at least {:.0f}%) in cash or from accounts of others',
            (100 * repaid_by_others / repaid)::double, (100 * minimum_foreign_share)::double
        ) as reason,
        json_object(
            'lent', lent, 'repaid', repaid, 'repaid_by_others', repaid_by_others, 'lookback_days', lookback_days,
            'minimum_amount', minimum_amount, 'minimum_repaid_share', minimum_repaid_share,
            'minimum_foreign_share', minimum_foreign_share
        ) as measures
    from measured
    where
        direction = 'credit'
        and lent >= minimum_amount
        and repaid >= lent * minimum_repaid_share
        and repaid_by_others >= repaid * minimum_foreign_share
),

evidence as (
    select * from events
),

{{ alerts('early_loan_repayment', 'account') }}

select * from final
