{#- A list, or the name of a party, may land after the movement it is about, so all are always judged anew. -#}
{{ config(incremental_strategy='replace') }}

with transactions as (
    select
        transaction_id,
        if(direction = 'credit', debtor_name, creditor_name) as named,
        if(direction = 'credit', debtor_party_id, creditor_party_id) as party_id
    from {{ ref('stg_transactions') }}
),

movements as (
    select * from {{ ref('int_movements') }} where is_activity
),

parties as (
    select * from {{ ref('stg_party_versions') }} where not is_deletion
),

versions as (
    select * from {{ ref('stg_watchlist_versions') }}
),

names as (
    select * from {{ ref('int_name_words') }} where len(words) > 0
),

parameters as (
    {{ scenario_parameters('listed_counterparty', ['lookback_days', 'minimum_words']) }}
),

-- An entry is listed as it was published until its next version, or until it is taken off.
entries as (
    select
        *,
        changed_at as listed_from,
        lead(changed_at) over (partition by entry_id order by changed_at, _partition, _offset) as listed_until
    from versions
),

listed_names as (
    select
        entry_id,
        list_name,
        entry_type,
        listed_from,
        listed_until,
        unnest(list_prepend(name, list_transform(
            list_filter(coalesce(aliases, []), lambda alias: alias.quality = 'strong'), lambda alias: alias.name
        ))) as listed_as
    from entries
    where not is_deletion
),

-- Every name as it was written, and as it is listed, with which of them have the same words.
matches as (
    select
        written.name as named,
        written.words,
        listed_names.*
    from listed_names
    inner join names as listed on listed_names.listed_as = listed.name
    inner join names as written on listed.words = written.words
),

known as (
    select
        party_id,
        name as named,
        -- The first state we know is taken to hold from the beginning.
        if(row_number() over versions = 1, timestamp '0001-01-01', changed_at) as known_from,
        lead(changed_at) over versions as known_until
    from parties
    window versions as (partition by party_id order by changed_at, _offset)
),

-- The counterparty as the movement names it, and as the bank knew it then.
suspected as (
    select
        transactions.transaction_id,
        matches.*,
        timestamp '0001-01-01' as known_from,
        null::timestamp as known_until
    from transactions
    inner join matches on transactions.named = matches.named
    union all by name
    select
        transactions.transaction_id,
        matches.*,
        known.known_from,
        known.known_until
    from known
    inner join matches on known.named = matches.named
    inner join transactions on known.party_id = transactions.party_id
),

events as (
    select
        movements.account_id as subject_id,
        suspected.* exclude (transaction_id),
        movements.*,
        parameters.* exclude (jurisdiction, segment)
    from suspected
    inner join movements on suspected.transaction_id = movements.transaction_id
    inner join parameters on {{ in_force('movements') }}
    where
        movements.booked_at >= suspected.listed_from
        and movements.booked_at < coalesce(suspected.listed_until, timestamp '9999-12-31')
        and movements.booked_at >= suspected.known_from
        and movements.booked_at < coalesce(suspected.known_until, timestamp '9999-12-31')
        -- One word is a name of a company or a ship, but not enough of a person's.
        and (suspected.entry_type <> 'individual' or len(suspected.words) >= parameters.minimum_words)
    qualify row_number() over (
        partition by movements.transaction_id order by suspected.entry_id, suspected.listed_as, suspected.named
    ) = 1
),

fired as (
    select
        *,
        booked_at as fired_at,
        {{ money('base_amount') }} || if(direction = 'credit', ' came from ', ' went to ') || named
        || format(', and {} on list {} is called {}', entry_id, list_name, listed_as)
        || '; the words of the name were compared, neither birth date nor country' as reason,
        json_object(
            'counterparty', named, 'list_name', list_name, 'entry_id', entry_id, 'listed_as', listed_as,
            'entry_type', entry_type, 'listed_from', listed_from, 'moved', base_amount, 'lookback_days', lookback_days,
            'minimum_words', minimum_words
        ) as measures
    from events
),

evidence as (
    select * from events
),

{{ alerts('listed_counterparty', 'account') }}

select * from final
