{{ config(tags=['scenario']) }}

{{ split_cash('structured_withdrawals', 'debit') }}

select * from final
