{{ fan('fan_in', 'credit') }}
