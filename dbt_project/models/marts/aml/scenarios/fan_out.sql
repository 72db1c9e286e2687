{{ fan('fan_out', 'debit') }}
