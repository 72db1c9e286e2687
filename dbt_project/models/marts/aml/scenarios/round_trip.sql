{#- A late transfer or owner may close a way between accounts that it does not touch, so it is always sought anew. -#}
{{ config(incremental_strategy='replace') }}

with transfers as (
    select * from {{ ref('int_transfers') }} where is_internal and debtor_account_id <> creditor_account_id
),

account_states as (
    select * from {{ ref('int_account_holders') }}
),

ownership_states as (
    select * from {{ ref('stg_ownership_versions') }}
),

parameters as (
    {{ scenario_parameters('round_trip', [
        'lookback_days', 'minimum_amount', 'minimum_total', 'minimum_share_back', 'maximum_share_back',
        'minimum_interest'
    ]) }}
),

deleted as (
    select
        *,
        min(changed_at) filter (where is_deletion) over (
            partition by entity_id order by changed_at, _offset rows between 1 following and unbounded following
        ) as deleted_at
    from ownership_states
),

-- An interest as far as it was known and lasted; the first state known holds from its beginning.
owners as (
    select
        entity_id,
        owner_id,
        coalesce(share_percent, 100) as interest,
        greatest(
            case when row_number() over states > 1 then changed_at end,
            coalesce(valid_from::timestamp, timestamp '0001-01-01')
        ) as begins_at,
        least(
            lead(changed_at) over states, deleted_at, (valid_to + 1)::timestamp, timestamp '9999-12-31'
        ) as ends_at
    from deleted
    where not is_deletion
    window states as (partition by entity_id, owner_id order by changed_at, _offset)
),

parties as (
    select
        account_id,
        unnest(owner_party_ids) as party_id,
        valid_from as begins_at,
        coalesce(valid_to, timestamp '9999-12-31') as ends_at
    from account_states
),

-- Whose an account was: who holds or beneficially owns it, and who owns one of those.
owned as (
    select
        *,
        100 as interest
    from parties
    union all
    select
        parties.account_id,
        owners.owner_id,
        greatest(parties.begins_at, owners.begins_at),
        least(parties.ends_at, owners.ends_at),
        owners.interest
    from parties
    inner join owners
        on parties.party_id = owners.entity_id
        and parties.begins_at < owners.ends_at
        and parties.ends_at > owners.begins_at
),

-- Each transfer as the one who paid and as the one who was paid sees it.
legs as (
    select
        'out' as leg,
        debtor_account_id as subject_id,
        creditor_account_id as other_account_id,
        transfers.*
    from transfers
    union all
    select
        'back',
        creditor_account_id,
        debtor_account_id,
        transfers.*
    from transfers
),

between_own as (
    select distinct
        owned.party_id,
        owned.party_id || ' ' || legs.other_account_id as way,
        legs.leg,
        legs.subject_id,
        legs.other_account_id,
        legs.transfer_id,
        legs.debit_transaction_id as transaction_id,
        legs.base_currency,
        legs.base_amount,
        legs.booked_at,
        parameters.*
    from legs
    inner join parameters on {{ in_force('legs') }}
    inner join owned
        on legs.subject_id = owned.account_id
        and legs.booked_at >= owned.begins_at
        and legs.booked_at < owned.ends_at
        and owned.interest >= parameters.minimum_interest
    where legs.base_amount >= parameters.minimum_amount
),

both_ways as (
    select way
    from between_own
    group by all
    having count(distinct leg) = 2
),

circling as (
    select between_own.*
    from between_own
    where way in (select both_ways.way from both_ways)
),

-- Whose the account between is, too: no other's.
own as (
    select circling.transfer_id
    from circling
    inner join owned as at_subject
        on circling.subject_id = at_subject.account_id
        and circling.booked_at >= at_subject.begins_at
        and circling.booked_at < at_subject.ends_at
        and at_subject.interest >= circling.minimum_interest
    inner join owned as at_other
        on circling.other_account_id = at_other.account_id
        and circling.booked_at >= at_other.begins_at
        and circling.booked_at < at_other.ends_at
        and at_other.interest >= circling.minimum_interest
        and at_subject.party_id = at_other.party_id
),

unrelated as (
    select *
    from circling
    where transfer_id not in (select own.transfer_id from own)
),

measured as (
    select
        *,
        coalesce(sum(base_amount) filter (where leg = 'out') over lookback, 0) as sent,
        coalesce(sum(base_amount) filter (where leg = 'out') over here, 0) as sent_from_here,
        coalesce(sum(base_amount) filter (where leg = 'back') over lookback, 0) as returned
    from unrelated
    window
        lookback as {{ lookback_window('way') }},
        here as {{ lookback_window('way, subject_id') }}
),

-- What comes back to the account that it left is a refund.
fired as (
    select
        *,
        booked_at as fired_at,
        {{ money('sent') }} || ' went from accounts of ' || party_id || ' to ' || other_account_id || ', '
        || {{ money('sent - sent_from_here') }} || ' of it (at least ' || {{ money('minimum_total') }}
        || ') from others than this one, and ' || {{ money('returned') }}
        || format(
            ' ({:.0f}%, {:.0f}% to {:.0f}%) came back from it within {} days, by transfers of at least ',
            (100 * returned / sent)::double, (100 * minimum_share_back)::double, (100 * maximum_share_back)::double,
            lookback_days::integer
        )
        || {{ money('minimum_amount') }}
        || format('; accounts of entities count where it has at least {:.0f}%', minimum_interest::double) as reason,
        json_object(
            'party_id', party_id, 'other_account_id', other_account_id, 'sent', sent,
            'sent_from_others', sent - sent_from_here, 'returned', returned, 'lookback_days', lookback_days,
            'minimum_amount', minimum_amount, 'minimum_total', minimum_total,
            'minimum_share_back', minimum_share_back, 'maximum_share_back', maximum_share_back,
            'minimum_interest', minimum_interest
        ) as measures
    from measured
    where
        leg = 'back'
        and sent - sent_from_here >= minimum_total
        and returned between sent * minimum_share_back and sent * maximum_share_back
),

fired_ways as (
    select distinct
        subject_id,
        way
    from fired
),

evidence as (
    select
        fired_ways.subject_id,
        unrelated.way,
        unrelated.transaction_id,
        unrelated.booked_at,
        unrelated.base_amount
    from fired_ways
    inner join unrelated on fired_ways.way = unrelated.way
),

{{ alerts('round_trip', 'account', shared='way') }}

select * from final
