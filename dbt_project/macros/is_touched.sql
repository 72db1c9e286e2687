{#- What a scenario over accounts looks at in an incremental build: the accounts with rows that it has not seen yet, or
    all of them when its parameters changed. A scenario judges one subject at a time, so other alerts cannot change. -#}
{% macro is_touched(account='account_id') -%}
    {%- set touched_accounts = ref('int_touched_accounts') -%}
    {%- set digests = ref('int_scenario_digests') -%}
    {%- if is_incremental() -%}
        {%- set watermark = watermark() -%}
        (
            {{ account }} in (select account_id from {{ touched_accounts }} where _pin > {{ watermark }})
            or exists (
                select 1 from {{ digests }}
                where scenario_id = '{{ this.identifier }}' and _pin > {{ watermark }}
            )
        )
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#- Pre hook of a model that keeps what it said of the rest: what it said of these accounts, or of what another macro finds
    touched, goes in the transaction that says it anew. -#}
{% macro forget_touched(found=none) -%}
    {%- if is_incremental() and config.get('incremental_strategy') == 'append' -%}
        delete from {{ this }} where {{ found() if found else is_touched('subject_id') }}
    {%- endif -%}
{%- endmacro %}
