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
        -- A company is at least as old as its account; where nobody knows how much older, the sentence says so.
        movements.local_date - companies.incorporation_date as age_days,
        movements.local_date - movements.account_opened_on as account_age_days,
        parameters.* exclude (jurisdiction, segment)
    from movements
    inner join parameters on {{ in_force('movements') }}
    inner join companies
        on movements.holder_party_id = companies.party_id
        and movements.booked_at >= companies.valid_from
        and movements.booked_at < coalesce(companies.valid_to, timestamp '9999-12-31')
    where
        coalesce(age_days, account_age_days) <= parameters.maximum_age_days
        and exists (
            select 1
            from factors
            where
                factors.factor = 'shell_industry'
                and starts_with(companies.industry_code, factors.value)
                and factors.points >= parameters.minimum_industry_points
                and {{ listed_then('movements', 'factors') }}
        )
),

-- What it costs to be a business.
operating as (
    select young.transaction_id
    from young
    inner join purposes on young.transaction_id = purposes.transaction_id
    inner join factors
        on purposes.purpose = factors.value
        and factors.factor = 'operating_purpose'
        and {{ listed_then('young', 'factors') }}
),

events as (
    select
        young.*,
        coalesce(young.counterparty_country <> young.seat, false) as is_foreign,
        young.direction = 'debit'
        and (
            young.method in ('card', 'direct_debit')
            or young.transaction_id in (select operating.transaction_id from operating)
        ) as is_operating
    from young
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
        coalesce(
            format('A company {} days old', age_days),
            format('A company of unknown age with an account {} days old', account_age_days)
        )
        || format(
            ' (at most {}), of industry {} (at least {} points): ',
            maximum_age_days::integer, industry_code, minimum_industry_points::integer
        )
        || {{ money('received') }} || ' (at least ' || {{ money('minimum_amount') }} || ') came in and '
        || {{ money('sent') }}
        || format(
            ' ({:.0f}%, at least {:.0f}%) went out within {} days, ',
            (100 * sent / received)::double, (100 * minimum_passed_share)::double, lookback_days::integer
        )
        || {{ money('moved_abroad') }}
        || format(
            ' of both ({:.0f}%, at least {:.0f}%) from or to {} counterparties abroad (at most {}), and only ',
            (100 * moved_abroad / (received + sent))::double, (100 * minimum_foreign_share)::double,
            foreign_counterparties, maximum_foreign_counterparties::integer
        )
        || {{ money('operating') }}
        || format(
            ' ({:.1f}% of what went out, at most {:.1f}%) for salaries, rent, taxes and purchases',
            (100 * operating / sent)::double, (100 * maximum_operating_share)::double
        ) as reason,
        json_object(
            'age_days', age_days, 'account_age_days', account_age_days, 'industry_code', industry_code,
            'received', received, 'sent', sent,
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
