"""Days of cash as the rpt_ctr tables hold them, made by SQL from a report's number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import duckdb

_ENTITY = """
    create table lake.rpt.rpt_reporting_entity as
    select
        1001 as rentity_id, 'HEAD OFFICE' as rentity_branch, 'Vigil Demonstration Bank' as name, '123456789' as tin,
        'PBSA8180' as fincen_tcc, '9999999' as rssd, '2' as regulator_code, '1 Example Plaza' as address_line,
        'Albany' as address_town, 'NY' as address_state, '12207' as address_postal_code, 'US' as address_country,
        '+15185550100' as phone, 'Financial Intelligence Unit' as contact_office, 'Compliance' as contact_first_name,
        'Officer' as contact_last_name, 'Officer' as contact_title, '+15185550101' as contact_phone,
        'fiu@vigil-demonstration-bank.example' as contact_email, 'USD' as currency_code_local, 'US' as jurisdiction,
        'America/New_York' as time_zone, 5 as retention_years
"""
# Of ten reports six tell a person who comes alone, twice; two a joint account, into which somebody else pays; two a
# company whose cash a carrier brings, and of which somebody draws some.
_REPORTS = """
    select
        $day::date as business_day,
        n,
        format('r{}-{:08d}', $day::date, n) as report_id,
        case when n % 10 < 6 then 'alone' when n % 10 < 8 then 'joint' else 'company' end as kind,
        (5000 + hash(n) % 9000 + .25)::decimal(18, 4) as amount
    from range($reports) as numbers(n)
"""
_TABLES = {
    "rpt_ctr_day": """
        select
            business_day, 'US' as jurisdiction, count(*) as report_count, 2 * count(*) as transaction_count,
            true as is_complete, business_day + interval 29 hour as ends_at,
            business_day + interval 99 hour as known_until
        from reports
        group by all
    """,
    "rpt_ctr": """
        select
            report_id, business_day, 'US' as jurisdiction, 'USD' as base_currency,
            if(kind = 'company', 2 * amount, 2 * amount + 1)::decimal(18, 4) as cash_in,
            if(kind = 'company', amount + 10000, 0)::decimal(18, 4) as cash_out,
            2::bigint as transaction_count, false as is_aggregated, false as has_atm
        from reports
    """,
    "rpt_ctr_person": """
        with involved as (
            select
                *,
                unnest(case kind
                    when 'alone' then [{'role': 'own_behalf', 'firm': false, 'count': 2, 'side': 'in'}]
                    when 'joint' then [
                        {'role': 'on_behalf', 'firm': false, 'count': 2, 'side': 'in'},
                        {'role': 'on_behalf', 'firm': false, 'count': 2, 'side': 'in'},
                        {'role': 'for_another', 'firm': false, 'count': 2, 'side': 'in'}
                    ]
                    else [
                        {'role': 'on_behalf', 'firm': true, 'count': 2, 'side': 'both'},
                        {'role': 'carrier', 'firm': true, 'count': 1, 'side': 'in'},
                        {'role': 'for_another', 'firm': false, 'count': 1, 'side': 'out'}
                    ]
                end, recursive := true),
                generate_subscripts(
                    case kind when 'alone' then [1] else [1, 2, 3] end, 1
                ) as person_number
            from reports
        )
        select
            report_id, person_number::integer as person_number, role, format('P{}-{}', n, person_number) as party_id,
            case
                when side = 'out' then 0 when kind = 'company' then 2 * amount else 2 * amount + 1
            end::decimal(18, 4) as cash_in,
            if(side = 'in', 0, amount + 10000)::decimal(18, 4) as cash_out,
            count::bigint as transaction_count,
            if(side = 'out', [], ['4400' || n]) as accounts_in,
            if(side = 'in', [], ['4401' || n]) as accounts_out,
            if(firm, 'legal_entity', 'natural_person') as party_type,
            if(firm, 'Company ' || n || ' LLC', 'Given Family' || n) as name,
            if(firm, null, 'Given') as first_name,
            if(firm, null, 'Family' || n) as last_name,
            if(firm, null, 'F') as gender,
            if(firm, null, date '1980-01-01' + (n % 9000)::integer) as birth_date,
            (100000000 + n)::varchar as tax_id,
            'US' as tax_id_country,
            if(firm, null, 'Florist') as occupation,
            if(firm, '453110', null) as industry_code,
            if(firm, [], [{
                'type': 'driving_licence', 'number': 'W' || n, 'issued_on': date '2020-01-07',
                'expires_on': date '2030-01-06', 'issuing_country': 'US', 'issuing_state': 'NY'
            }]) as identifications,
            [{
                'type': 'residence', 'line': n || ' Alder Street', 'town': 'Albany', 'state': 'NY',
                'postal_code': '12207', 'country': 'US'
            }] as addresses,
            [{'type': 'mobile', 'number': '+1 518 555 0142'}] as phones,
            'p' || n || '@example.com' as email
        from involved
    """,
    "rpt_ctr_transaction": """
        with moved as (
            select
                *,
                unnest([1, 2]) as part
            from reports
        )
        select
            report_id, business_day, format('T{}-{}', report_id, part) as transaction_id,
            business_day + to_hours(15 + part) as booked_at,
            if(kind = 'company' and part = 2, 'debit', 'credit') as direction, 'branch' as channel,
            'A' || n as account_id, '4400' || n as account_number,
            case when kind <> 'company' then amount + part - 1 when part = 1 then 2 * amount else amount + 10000
            end::decimal(18, 4) as base_amount,
            'USD' as base_currency, ['P' || n] as holder_party_ids, null::varchar as conductor_party_id,
            null::varchar as conductor_name, 'B1' as branch_id, 'Albany' as place_town, 'US' as place_country,
            false as is_reported_alone, 'bank.transactions' as _topic, (n % 4)::integer as _partition,
            2 * n + part as _offset,
            base_amount as instructed_amount, 'USD' as instructed_currency, base_amount as settled_amount,
            'USD' as settled_currency, 'cash' as method, null::varchar as end_to_end_id, null::date as value_date,
            null::varchar as debtor_name, null::varchar as debtor_party_id, null::varchar as creditor_name,
            null::varchar as creditor_party_id, null::varchar as purpose, null::varchar as remittance_information
        from moved
    """,
    "rpt_ctr_filing": """
        select
            business_day, '' as filing_ref, '' as profile, '' as corrects, '' as regulator_reference, 0::bigint as pin
        from reports
        where false
    """,
}


def fill(connection: duckdb.DuckDBPyConnection, days: Mapping[date, int]) -> None:
    """Make the tables a filing of cash reads in the attached lake, with so many reports on each of ``days``."""
    connection.execute("create schema lake.rpt")
    connection.execute(_ENTITY)
    for number, (day, reports) in enumerate(days.items()):
        connection.execute(f"create or replace temp table reports as {_REPORTS}", {"day": day, "reports": reports})
        for table, query in _TABLES.items():
            before = f"insert into lake.rpt.{table}" if number else f"create table lake.rpt.{table} as"
            connection.execute(f"{before} {query}")
