{#- A late transfer may make a pattern of accounts that it does not touch, so patterns are always sought anew. -#}
{{ config(incremental_strategy='replace') }}

with {{ links('bipartite', ['minimum_shared', 'chance_weight', 'chance_scale', 'minimum_strength']) }},

-- Two accounts that both began to pay a third one, within the lookback of each other.
meetings as (
    select
        one.debtor_account_id as one_payer,
        other.debtor_account_id as other_payer,
        one.creditor_account_id as payee,
        one.transfer_id as one_transfer_id,
        other.transfer_id as other_transfer_id,
        one.payees as one_payees,
        other.payees as other_payees,
        one.base_amount::decimal(38, 4) + other.base_amount as amount,
        greatest(one.booked_at, other.booked_at) as booked_at,
        one.* exclude (
            debtor_account_id, creditor_account_id, transfer_id, debit_transaction_id, base_amount, booked_at,
            local_date, payees, payers
        )
    from links as one
    inner join links as other
        on one.creditor_account_id = other.creditor_account_id
        and one.debtor_account_id < other.debtor_account_id
        and other.booked_at between one.booked_at - to_days(one.lookback_days::integer)
        and one.booked_at + to_days(one.lookback_days::integer)
    -- Who meets too seldom in all time does so within the lookback, too.
    qualify count(*) over (partition by one_payer, other_payer) >= one.minimum_shared
),

measured as (
    select
        *,
        count(*) over lookback as shared,
        max(one_payees) over lookback as one_new,
        max(other_payees) over lookback as other_new,
        sum(amount) over lookback as total,
        list(payee) over lookback as shared_payees,
        list(one_transfer_id) over lookback || list(other_transfer_id) over lookback as transfer_ids
    from meetings
    window lookback as {{ lookback_window('one_payer, other_payer') }}
),

-- The more new payees two accounts have, the more of them they share by chance.
weighed as (
    select
        *,
        chance_weight::double * ln(1 + one_new * other_new / chance_scale::double) as by_chance,
        shared - by_chance as strength
    from measured
),

patterns as (
    select
        *,
        booked_at as fired_at,
        [{'subject_id': one_payer, 'part': 'a payer'}, {'subject_id': other_payer, 'part': 'a payer'}]
        || list_transform(shared_payees, lambda id: {'subject_id': id, 'part': 'a payee'}) as subjects,
        format(
            'Two accounts began to pay the same {} accounts (at least {}, and {:.1f} more than the {:.1f} to be '
            || 'expected of {} and {} new payees) within {} days, ',
            shared, minimum_shared::integer, minimum_strength::double, by_chance, one_new, other_new,
            lookback_days::integer
        )
        || 'together ' || {{ money('total') }} || ' (at least ' || {{ money('minimum_total') }} || ')' as told,
        json_object(
            'shared', shared, 'by_chance', round(by_chance, 3), 'total', total, 'lookback_days', lookback_days,
            'minimum_amount', minimum_amount, 'minimum_total', minimum_total, 'minimum_shared', minimum_shared,
            'chance_weight', chance_weight, 'chance_scale', chance_scale, 'minimum_strength', minimum_strength,
            'maximum_counterparties', maximum_counterparties
        ) as measures
    from weighed
    where
        shared >= minimum_shared
        and strength >= minimum_strength
        and total >= minimum_total
),

{{ pattern_alerts('bipartite') }}

select * from final
