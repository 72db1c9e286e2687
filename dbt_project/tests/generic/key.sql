{#- The columns name a row: none of them is null, and no two rows share them. -#}
{% test key(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as rows_with_it
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1 or {{ columns | join(' is null or ') }} is null
{% endtest %}
