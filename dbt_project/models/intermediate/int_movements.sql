{{
    config(
        incremental_strategy='delete+insert',
        unique_key='idempotency_key',
        post_hook='{{ record_watermark() }}'
    )
}}

with transactions as (
    select * from {{ ref('stg_transactions') }}
),

account_holders as (
    select * from {{ ref('int_account_holders') }}
),

profiles as (
    select * from {{ ref('int_party_profiles') }}
),

rates as (
    select * from {{ ref('int_fx_rates') }}
),

jurisdiction as (
    select * from {{ ref('int_jurisdiction') }}
),

business_days as (
    select * from {{ ref('int_business_days') }}
),

{% if is_incremental() %}
changed_accounts as (
    select account_id from account_holders where _pin > {{ watermark() }}
    union
    select account_holders.account_id
    from account_holders
    inner join profiles on account_holders.holder_party_id = profiles.party_id
    where profiles._pin > {{ watermark() }}
),

-- A rate that landed late moves the amounts booked from when it was known on.
changed_rates as (
    select
        currency,
        min(valid_from) as changed_from
    from rates
    where _pin > {{ watermark() }}
    group by all
),

selected as (
    select transactions.*
    from transactions
    left join changed_rates on transactions.settled_currency = changed_rates.currency
    where
        transactions._pin > {{ watermark() }}
        or transactions.account_id in (select account_id from changed_accounts)
        or transactions.booked_at >= changed_rates.changed_from
),
{% else %}
selected as (
    select * from transactions
),
{% endif %}

localised as (
    select
        selected.*,
        jurisdiction.jurisdiction,
        jurisdiction.base_currency,
        jurisdiction.calendar,
        timezone(jurisdiction.time_zone, timezone('UTC', selected.booked_at))::date as local_date
    from selected
    cross join jurisdiction
),

held as (
    select
        localised.*,
        account_holders.holder_party_id,
        account_holders.holder_party_ids,
        account_holders.branch_id as home_branch_id,
        account_holders.opened_on as account_opened_on
    from localised
    left join account_holders
        on localised.account_id = account_holders.account_id
        and localised.booked_at >= account_holders.valid_from
        and localised.booked_at < coalesce(account_holders.valid_to, timestamp '9999-12-31')
),

profiled as (
    select
        held.*,
        coalesce(profiles.segment, 'unknown') as segment,
        coalesce(profiles.is_pep, false) as holder_is_pep,
        coalesce(profiles.expected_monthly_turnover, 0) as expected_monthly_turnover
    from held
    left join profiles
        on held.holder_party_id = profiles.party_id
        and held.booked_at >= profiles.valid_from
        and held.booked_at < coalesce(profiles.valid_to, timestamp '9999-12-31')
),

priced as (
    select
        profiled.*,
        case
            when profiled.settled_currency = profiled.base_currency then profiled.settled_amount
            -- Cash in base currency is what was handed over, whatever it was booked as.
            when profiled.method = 'cash' and profiled.instructed_currency = profiled.base_currency
                then profiled.instructed_amount
            else (profiled.settled_amount::decimal(38, 4) * rates.rate)::decimal(18, 4)
        end as base_amount
    from profiled
    asof left join rates
        on profiled.settled_currency = rates.currency
        and profiled.base_currency = rates.base_currency
        and profiled.booked_at >= rates.valid_from
),

final as (
    select
        priced.transaction_id,
        priced.idempotency_key,
        priced.end_to_end_id,
        priced.account_id,
        case
            when priced.direction = 'credit'
                then coalesce(priced.debtor_account_id, priced.debtor_party_id, priced.debtor_name)
            else coalesce(priced.creditor_account_id, priced.creditor_party_id, priced.creditor_name)
        end as counterparty_id,
        case
            when priced.direction = 'credit' then priced.debtor_account_id
            else priced.creditor_account_id
        end as counterparty_account_id,
        case
            when priced.direction = 'credit' then priced.debtor_country
            else priced.creditor_country
        end as counterparty_country,
        priced.holder_party_id,
        priced.holder_party_ids,
        priced.holder_is_pep,
        priced.conductor_party_id,
        priced.jurisdiction,
        priced.segment,
        priced.branch_id,
        priced.home_branch_id,
        coalesce(priced.place_town, priced.branch_id) as place,
        priced.direction,
        priced.method,
        priced.channel,
        priced.merchant_category_code,
        priced.settled_currency,
        priced.base_currency,
        priced.settled_amount,
        priced.base_amount,
        priced.expected_monthly_turnover,
        -- What a person did: neither the bank's own bookings nor the taking back of an earlier movement.
        priced.method not in ('fee', 'interest', 'opening') and priced.reversal_of is null as is_activity,
        priced.account_opened_on,
        priced.booked_at,
        priced.local_date,
        -- Without a calendar every day is a business day.
        case when priced.calendar is null then priced.local_date else business_days.business_day end as business_day,
        {{ pin() }}::bigint as _pin
    from priced
    left join business_days
        on priced.calendar = business_days.calendar
        and priced.local_date = business_days.day
)

select * from final
