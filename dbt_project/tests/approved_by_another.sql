-- Four eyes: nothing counts as approved by the officer who disposed of it.
select case_id
from {{ ref('cases') }}
where status = 'approved' and (approved_by is null or approved_by = disposed_by)
