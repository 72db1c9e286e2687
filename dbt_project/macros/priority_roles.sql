{#- Who let each version of the learned priority do what, as of the build's pin: what is given meanwhile counts from the next
    build. No source, since who gives the roles reads the marts. -#}
{% macro priority_roles() -%}
    select *
    from lake.ledger.priority_roles at (version => {{ pin() }})
    qualify row_number() over (partition by version order by since desc) = 1
{%- endmacro %}
