with recursive ctr as (
    select * from {{ ref('ctr_due') }}
),

cash as (
    select * from {{ ref('int_cash_by_person') }}
),

unnested as (
    select
        ctr_id,
        party_id,
        period,
        reporting_threshold,
        at_threshold,
        unnest(transaction_ids) as transaction_id
    from ctr
),

counted as (
    select
        unnested.*,
        cash.base_amount,
        cash.person_role = 'holder' as is_holder
    from unnested
    inner join cash
        on unnested.transaction_id = cash.transaction_id
        and unnested.party_id = cash.person_id
),

told_for_holders as (
    select distinct transaction_id from counted where is_holder
),

-- What somebody brought or took for those who are told in full anyway makes no report of his.
judged as (
    select
        counted.*,
        not counted.is_holder and told_for_holders.transaction_id is not null as is_told_elsewhere
    from counted
    left join told_for_holders on counted.transaction_id = told_for_holders.transaction_id
),

summed as (
    select
        ctr_id,
        sum(base_amount) filter (where not is_told_elsewhere) as own_amount,
        arg_max(transaction_id, struct_pack(base_amount, transaction_id)) filter (where is_told_elsewhere)
            as greatest_elsewhere
    from judged
    group by all
),

-- Whose own cash would not be reported without the other is told with the greatest of the other.
members as (
    select judged.*
    from judged
    inner join summed on judged.ctr_id = summed.ctr_id
    where
        not judged.is_told_elsewhere
        or (
            judged.transaction_id = summed.greatest_elsewhere
            and (
                summed.own_amount < judged.reporting_threshold
                or (summed.own_amount = judged.reporting_threshold and not judged.at_threshold)
            )
        )
),

hubs as (
    select
        ctr_id,
        'transaction|' || transaction_id as hub
    from members
    union all
    select
        ctr_id,
        concat_ws('|', 'person', party_id, period) as hub
    from members
),

-- Each is linked with the first of its hub alone, so that links are no more than members.
stars as (
    select distinct
        ctr_id,
        min(ctr_id) over (partition by hub) as first_ctr_id
    from hubs
),

links as (
    select
        ctr_id,
        first_ctr_id as other_ctr_id
    from stars
    union all
    select
        first_ctr_id as ctr_id,
        ctr_id as other_ctr_id
    from stars
    where ctr_id <> first_ctr_id
),

-- Everyone takes over the smallest ctr_id that a neighbour has, until nothing changes.
labels (ctr_id, label) {{ keyed_by('ctr_id') }} as (
    select
        ctr_id,
        min(first_ctr_id) as label
    from stars
    group by all
    union
    select
        links.other_ctr_id,
        min(labels.label) as label
    from labels
    inner join links on labels.ctr_id = links.ctr_id
    inner join recurring.labels as known on links.other_ctr_id = known.ctr_id
    where labels.label < known.label
    group by all
),

told as (
    select
        ctr_id,
        list_sort(list(transaction_id)) as transaction_ids
    from members
    group by all
),

final as (
    select
        labels.ctr_id,
        md5('report|' || labels.label) as report_id,
        ctr.party_id,
        ctr.direction,
        ctr.jurisdiction,
        ctr.base_currency,
        ctr.reporting_threshold,
        ctr.at_threshold,
        told.transaction_ids,
        ctr.business_day
    from labels
    inner join ctr on labels.ctr_id = ctr.ctr_id
    inner join told on labels.ctr_id = told.ctr_id
)

select * from final
