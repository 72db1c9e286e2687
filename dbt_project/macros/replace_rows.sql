{#- Incremental strategy 'replace': all rows anew, in the table that is there. dbt's table and view materializations create
    and rename on each build; in DuckLake every such change makes all connections load the whole catalog again, which
    takes three times as long as replacing the rows of a small table. -#}
{% macro get_incremental_replace_sql(arg_dict) -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arg_dict['target_relation'] }};
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{%- endmacro %}
