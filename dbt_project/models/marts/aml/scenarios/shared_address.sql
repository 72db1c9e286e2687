{#- Who else is registered at an address may land late, and changes whom an account shares it with, so all are always
    judged anew. -#}
{{ config(incremental_strategy='replace') }}

with movements as (
    select * from {{ ref('int_movements') }} where is_activity and holder_party_id is not null
),

versions as (
    select * from {{ ref('stg_party_versions') }} where not is_deletion
),

parameters as (
    {{ scenario_parameters('shared_address', [
        'lookback_days', 'minimum_holders', 'maximum_holders', 'minimum_amount'
    ]) }}
),

-- The first state we know is taken to hold from the beginning. Two states of one moment: the one sent last holds.
registered as (
    select
        party_id,
        if(row_number() over states = 1, timestamp '0001-01-01', changed_at) as known_from,
        coalesce(lead(changed_at) over states, timestamp '9999-12-31') as known_until,
        unnest(coalesce(addresses, [])) as address
    from versions
    window states as (partition by party_id order by changed_at, _offset)
),

-- Where somebody only takes letters, others do so, too.
written as (
    select
        party_id,
        known_from,
        known_until,
        concat_ws(', ', address.line, address.postal_code, address.town, address.country) as address
    from registered
    where address.line is not null and address.type is distinct from 'correspondence'
),

placed as (
    select
        party_id,
        known_from,
        known_until,
        array_to_string({{ name_words('address') }}, ' ') as shared_id,
        min(address) as address
    from written
    group by all
),

-- Nearly every address is of one party, and need not be looked at.
shared as (
    select shared_id
    from placed
    group by all
    having count(distinct party_id) >= (select min(parameters.minimum_holders) from parameters)
),

events as (
    select
        movements.account_id as subject_id,
        placed.shared_id,
        placed.address,
        movements.*,
        parameters.* exclude (jurisdiction, segment)
    from placed
    inner join shared on placed.shared_id = shared.shared_id
    inner join movements
        on placed.party_id = movements.holder_party_id
        and movements.booked_at >= placed.known_from
        and movements.booked_at < placed.known_until
    inner join parameters on {{ in_force('movements') }}
),

{{ shared_by_many('shared_address', 'of holders at', 'address') }}

select * from final
