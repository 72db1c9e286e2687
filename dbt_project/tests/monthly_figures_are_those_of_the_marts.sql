-- No alert, case or customer is left out of the months, and none is counted twice.
with alerts as (
    select * from {{ ref('alerts') }} where withdrawn_pin is null
),

cases as (
    select * from {{ ref('cases') }}
),

customers as (
    select * from {{ ref('parties') }} where is_customer
),

monthly_alerts as (
    select * from {{ ref('rpt_mlro_alert') }}
),

monthly_cases as (
    select * from {{ ref('rpt_mlro_case') }}
),

monthly_customers as (
    select * from {{ ref('rpt_mlro_customer') }}
),

compared as (
    select
        'alerts' as figure,
        (select count(*) from alerts) as marts,
        (select coalesce(sum(alerts), 0) from monthly_alerts) as months
    union all
    select
        'alerts in a case or suppressed' as figure,
        (select count(*) from alerts) as marts,
        (select coalesce(sum(in_cases + suppressed), 0) from monthly_alerts) as months
    union all
    select
        'cases' as figure,
        (select count(*) from cases) as marts,
        (select count(*) from monthly_cases) as months
    union all
    select
        'customers' as figure,
        (select count(*) from customers) as marts,
        (select count(*) from monthly_customers) as months
)

select * from compared
where marts <> months
