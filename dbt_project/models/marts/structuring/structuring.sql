{{ config(tags=['scenario']) }}

{{ split_cash('structuring', 'credit') }}

select * from final
