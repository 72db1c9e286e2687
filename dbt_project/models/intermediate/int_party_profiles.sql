with versions as (
    select * from {{ ref('stg_party_versions') }} where not is_deletion
),

jurisdiction as (
    select * from {{ ref('int_jurisdiction') }}
),

rates as (
    select * from {{ ref('int_fx_rates') }}
),

segments as (
    select * from {{ ref('segments') }}
),

-- Two states of one moment: the one sent last holds.
states as (
    select *
    from versions
    qualify row_number() over (partition by party_id, changed_at order by _offset desc) = 1
),

-- The first state we know is taken to hold from the beginning.
periods as (
    select
        *,
        case
            when row_number() over (partition by party_id order by changed_at) = 1 then timestamp '0001-01-01'
            else changed_at
        end as valid_from,
        lead(changed_at) over (partition by party_id order by changed_at) as valid_to
    from states
),

final as (
    select
        periods.party_id,
        periods.party_type,
        periods.industry_code,
        periods.incorporation_date,
        periods.incorporation_country,
        periods.residence_country,
        coalesce(segments.segment, 'unknown') as segment,
        coalesce(periods.pep, false) as is_pep,
        case
            when periods.expected_turnover_currency = jurisdiction.base_currency
                then periods.expected_monthly_turnover
            else (periods.expected_monthly_turnover::decimal(38, 4) * rates.rate)::decimal(18, 4)
        end as expected_monthly_turnover,
        periods.valid_from,
        periods.valid_to,
        greatest(periods._pin, rates._pin) as _pin
    from periods
    cross join jurisdiction
    left join segments on periods.segment = segments.segment
    asof left join rates
        on periods.expected_turnover_currency = rates.currency
        and jurisdiction.base_currency = rates.base_currency
        and periods.changed_at >= rates.valid_from
)

select * from final
