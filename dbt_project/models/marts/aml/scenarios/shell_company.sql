with movements as (
    select * from {{ ref('int_movements') }} where is_activity and {{ is_touched() }}
),

purposes as (
    select
        transaction_id,
        purpose
    from {{ ref('stg_transactions') }}
    where purpose is not null
),

companies as (
    select * from {{ ref('int_party_profiles') }} where party_type = 'legal_entity'
),

factors as (
    select * from {{ ref('risk_factors') }}
),

parameters as (
    {{ scenario_parameters('shell_company', [
        'lookback_days', 'minimum_industry_points', 'maximum_age_days', 'minimum_amount', 'minimum_passed_share',
        'minimum_foreign_share', 'maximum_foreign_counterparties', 'maximum_operating_share'
    ]) }}
),

-- Movements of companies that were young on the day and whose declared business needs no premises, goods or staff.
young as (
    select
        movements.account_id as subject_id,
        movements.*,
        companies.industry_code,
        coalesce(companies.residence_country, companies.incorporation_country) as seat,
        movements.local_date - coalesce(companies.incorporation_date, movements.account_opened_on) as age_days,
        parameters.* exclude (jurisdiction, segment)
    from movements
    inner join parameters on {{ in_force('movements') }}
    inner join companies
        on movements.holder_party_id = companies.party_id
        and movements.booked_at >= companies.valid_from
        and movements.booked_at < coalesce(companies.valid_to, timestamp '9999-12-31')
    where
        age_days <= parameters.maximum_age_days
        and exists (
            select 1
            from factors
            where
                factors.factor = 'shell_industry'
                and starts_with(companies.industry_code, factors.value)
                and factors.points >= parameters.minimum_industry_points
                and movements.local_date >= factors.effective_from
                and movements.local_date <= coalesce(factors.effective_to, date '9999-12-31')
        )
),

events as (
    select
        young.*,
        coalesce(young.counterparty_country <> young.seat, false) as is_foreign,
        -- What it costs to be a business.
        young.direction = 'debit'
        and (
            young.method in ('card', 'direct_debit')
            or coalesce(purposes.purpose in (select value from factors where factor = 'operating_purpose'), false)
        ) as is_operating
    from young
    left join purposes on young.transaction_id = purposes.transaction_id
),

measured as (
    select
        *,
        coalesce(sum(base_amount) filter (where direction = 'credit') over lookback, 0) as received,
        coalesce(sum(base_amount) filter (where direction = 'debit') over lookback, 0) as sent,
        coalesce(sum(base_amount) filter (where is_foreign) over lookback, 0) as moved_abroad,
        coalesce(sum(base_amount) filter (where is_operating) over lookback, 0) as operating,
        count(distinct counterparty_id) filter (where is_foreign) over lookback as foreign_counterparties
    from events
    window lookback as {{ lookback_window('subject_id') }}
),

fired as (
    select
        *,
        booked_at as fired_at,
        format('A company {} days old, of industry {}: ', age_days, industry_code)
        || {{ money('received') }} || ' came in and ' || {{ money('sent') }}
        || format(' went out within {} days, ', lookback_days::integer)
        || {{ money('moved_abroad') }}
        || format(' of both from or to {} counterparties abroad, and only ', foreign_counterparties)
        || {{ money('operating') }} || ' for salaries, rent, taxes and purchases' as reason,
        json_object(
            'age_days', age_days, 'industry_code', industry_code, 'received', received, 'sent', sent,
            'moved_abroad', moved_abroad, 'foreign_counterparties', foreign_counterparties, 'operating', operating,
            'lookback_days', lookback_days, 'minimum_industry_points', minimum_industry_points,
            'maximum_age_days', maximum_age_days, 'minimum_amount', minimum_amount,
            'minimum_passed_share', minimum_passed_share, 'minimum_foreign_share', minimum_foreign_share,
            'maximum_foreign_counterparties', maximum_foreign_counterparties,
            'maximum_operating_share', maximum_operating_share
        ) as measures
    from measured
    where
        received >= minimum_amount
        and sent >= received * minimum_passed_share
        and moved_abroad >= (received + sent) * minimum_foreign_share
        and foreign_counterparties <= maximum_foreign_counterparties
        and operating <= sent * maximum_operating_share
),

evidence as (
    select * from events
),

{{ alerts('shell_company', 'account') }}

select * from final
