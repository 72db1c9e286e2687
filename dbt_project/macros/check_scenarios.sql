{#- On each run's start, before anything is built or any seed is loaded: the seeds that tell of the scenarios are read as
    they lie in their files, and what is wrong with a row stops the run and names the row. -#}
{% macro check_scenarios() -%}
    {%- if execute -%}
        {%- set faults = deviating_columns() + faulty_scenarios() -%}
        {%- if faults -%}
            {%- set more = ["and " ~ (faults | length - 50) ~ " more"] if faults | length > 50 else [] -%}
            {{ exceptions.raise_compiler_error("nothing was built:\n" ~ (faults[:50] + more) | join("\n")) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- The file of a seed as a table of text. -#}
{% macro seed_file(name) -%}
    {%- set seed = graph.nodes['seed.vigil.' ~ name] -%}
    {%- set path = (seed.root_path ~ '/' ~ seed.original_file_path) | replace("'", "''") -%}
    read_csv('{{ path }}', header = true, all_varchar = true, delim = ',', quote = '"', escape = '"')
{%- endmacro %}

{% macro faulty_scenarios() -%}
    {%- set required = [
        'scenario_id', 'version', 'jurisdiction', 'segment', 'parameter', 'value', 'effective_from', 'source'
    ] -%}
    {%- set query -%}
with scenarios as (
    select
        scenario_id,
        try_cast(version as integer) as version,
        source
    from {{ seed_file('scenarios') }}
),

parameters as (
    select
        *,
        row_number() over () as row_no,
        try_cast(version as integer) as version_no,
        try_cast(value as decimal(38, 10)) as number,
        try_cast(effective_from as date) as first_day,
        try_cast(coalesce(effective_to, '9999-12-31') as date) as last_day,
        format(
            'seeds/scenario_parameters.csv: scenario {}, version {}, jurisdiction {}, segment {}, parameter {}, from {} {}',
            coalesce(scenario_id, '(none)'), coalesce(version, '(none)'), coalesce(jurisdiction, '(none)'),
            coalesce(segment, '(none)'), coalesce(parameter, '(none)'), coalesce(effective_from, '(none)'),
            coalesce('to ' || effective_to, 'on')
        ) as named
    from {{ seed_file('scenario_parameters') }}
),

faults as (
    select
        row_no,
        named,
        unnest([
        {%- for column in required %}
            case when coalesce(trim({{ column }}), '') = '' then 'has no {{ column }}' end,
        {%- endfor %}
            case when version is not null and version_no is null then format('version {} is no whole number', version) end,
            case
                when value is not null and number is null then format('value {} is no number', value)
                when number <> try_cast(value as decimal(18, 4)) or try_cast(value as decimal(18, 4)) is null
                    then format('value {} has more than 4 decimals or 14 digits before them', value)
            end,
            case
                when effective_from is not null and first_day is null
                    then format('effective_from {} is no day, such as 2026-01-31', effective_from)
            end,
            case when last_day is null then format('effective_to {} is no day, such as 2026-01-31', effective_to) end,
            case when last_day < first_day then 'its last day lies before its first' end,
            case
                when scenario_id in ('{{ var('rules_without_alerts') | join("', '") }}') then null
                when scenario_id not in (select s.scenario_id from scenarios as s)
                    then 'unknown scenario: seeds/scenarios.csv has no such row'
                when not exists (
                    select 1 from scenarios as s
                    where s.scenario_id = parameters.scenario_id and s.version = parameters.version_no
                ) then 'unknown version: seeds/scenarios.csv has no such row'
            end,
            case
                when jurisdiction <> 'any' and jurisdiction not in (select j.jurisdiction from {{ seed_file('jurisdictions') }} as j)
                    then 'unknown jurisdiction: seeds/jurisdictions.csv has no such row'
            end,
            case
                when segment <> 'any' and segment not in (select s.segment from {{ seed_file('segments') }} as s)
                    then 'unknown segment: seeds/segments.csv has no such row'
            end
        ]) as fault
    from parameters
    union all
    select
        later.row_no,
        later.named,
        case
            when later.version_no <> earlier.version_no
                then format('overlaps in time with version {}, in force from {}', earlier.version, earlier.effective_from)
            else format('overlaps in time with the row of the same parameter from {}', earlier.effective_from)
        end || ': give one of them an effective_to' as fault
    from parameters as later
    inner join parameters as earlier
        on later.scenario_id = earlier.scenario_id
        and (
            (
                later.version_no <> earlier.version_no
                and (later.jurisdiction = earlier.jurisdiction or 'any' in (later.jurisdiction, earlier.jurisdiction))
            )
            or (
                later.jurisdiction = earlier.jurisdiction
                and later.segment = earlier.segment
                and later.parameter = earlier.parameter
            )
        )
        and (later.first_day, later.row_no) > (earlier.first_day, earlier.row_no)
        and later.first_day between earlier.first_day and earlier.last_day
        and later.last_day >= later.first_day
    union all
    select
        0 as row_no,
        format('seeds/scenarios.csv: scenario {}, version {}', scenario_id, version) as named,
        unnest([
            case when coalesce(trim(source), '') = '' then 'has no source' end,
            case
                when scenario_id not in (select p.scenario_id from parameters as p where p.scenario_id is not null)
                    then 'has no parameters in seeds/scenario_parameters.csv'
            end
        ]) as fault
    from scenarios
)

select distinct on (row_no, named, fault) named || ': ' || fault as fault
from faults
where fault is not null
order by row_no, named, fault
    {%- endset -%}
    {{ return(run_query(query).columns[0].values() | list) }}
{%- endmacro %}

{#- Scenarios whose declared columns are not those of the alert log. That a model returns what it declares is what dbt's
    contract holds it to. -#}
{% macro deviating_columns() -%}
    {%- set faults = [] -%}
    {%- set expected = {} -%}
    {%- for column in graph.nodes['model.vigil.alert_log'].columns.values() if column.name not in ('event', 'pin') -%}
        {%- do expected.update({column.name: column.data_type}) -%}
    {%- endfor -%}
    {%- for scenario in var('scenarios') -%}
        {%- set node = graph.nodes['model.vigil.' ~ scenario] -%}
        {%- set named = node.patch_path or node.original_file_path -%}
        {%- set named = named.split('://') | last ~ ": scenario " ~ scenario ~ ": column " -%}
        {%- for name, data_type in expected.items() -%}
            {%- if name not in node.columns -%}
                {%- do faults.append(named ~ name ~ " is missing") -%}
            {%- elif node.columns[name].data_type != data_type -%}
                {%- do faults.append(named ~ name ~ " is " ~ node.columns[name].data_type ~ ", not " ~ data_type) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- for name in node.columns if name not in expected -%}
            {%- do faults.append(named ~ name ~ " is none that all scenarios have") -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(faults) }}
{%- endmacro %}
