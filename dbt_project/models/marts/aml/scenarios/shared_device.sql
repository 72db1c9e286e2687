{#- Who else uses a device may land late, and changes whom an account shares it with, so all are always judged anew. -#}
{{ config(incremental_strategy='replace') }}

-- Sessions of customers: machines of the bank and of shops are everybody's.
with sessions as (
    select
        transaction_id,
        account_id,
        device_id
    from {{ ref('stg_transactions') }}
    where device_id is not null and coalesce(channel, '') not in ('branch', 'atm', 'pos', 'system')
),

movements as (
    select * from {{ ref('int_movements') }} where is_activity and holder_party_id is not null
),

parameters as (
    {{ scenario_parameters('shared_device', [
        'lookback_days', 'minimum_holders', 'maximum_holders', 'minimum_amount'
    ]) }}
),

-- Nearly every device is of one account, and need not be looked at.
shared as (
    select device_id
    from sessions
    group by all
    having count(distinct account_id) >= (select min(parameters.minimum_holders) from parameters)
),

events as (
    select
        movements.account_id as subject_id,
        sessions.device_id,
        sessions.device_id as shared_id,
        movements.*,
        parameters.* exclude (jurisdiction, segment)
    from sessions
    inner join shared on sessions.device_id = shared.device_id
    inner join movements on sessions.transaction_id = movements.transaction_id
    inner join parameters on {{ in_force('movements') }}
),

{{ shared_by_many('shared_device', 'with device', 'device_id') }}

select * from final
