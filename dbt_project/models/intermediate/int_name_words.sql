{#- Taking a name apart costs more than all else that is done with it, and the words of a name never change. -#}
{{
    config(
        incremental_strategy='append',
        post_hook='{{ record_watermark() }}'
    )
}}

with transactions as (
    select * from {{ ref('stg_transactions') }}
    {% if is_incremental() %}where _pin > {{ watermark() }}{% endif %}
),

parties as (
    select * from {{ ref('stg_party_versions') }}
    {% if is_incremental() %}where _pin > {{ watermark() }}{% endif %}
),

entries as (
    select * from {{ ref('stg_watchlist_versions') }}
    {% if is_incremental() %}where _pin > {{ watermark() }}{% endif %}
),

written as (
    select if(direction = 'credit', debtor_name, creditor_name) as name from transactions
    union
    select name from parties
    union
    select name from entries
    union
    select unnest(list_transform(aliases, lambda alias: alias.name)) as name from entries
),

final as (
    select
        written.name,
        {{ name_words('written.name') }} as words
    from written
    {% if is_incremental() %}
    anti join {{ this }} as known on written.name = known.name
    {% endif %}
    where written.name is not null
)

select * from final
