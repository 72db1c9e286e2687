"""A bank of many accounts whose movements are put into the landing tables directly, made by SQL from a row's number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

# A row's number, stirred with a word, as a number that looks random; below a limit, and as a share of one.
_RANDOM = """
    create or replace temp macro below(n, word, most) as (hash(n, word) % most)::bigint;
    create or replace temp macro share(n, word) as (hash(n, word) % 1000000) / 1000000.0;
"""
FIRST_DAY = datetime(2025, 1, 6)
SHOPS = 20
PARTNERS = 6
# One transaction lands so many transfers at most: what a sink's batches become when upkeep has merged them.
TRANSFERS_A_FILE = 1_000_000

_PARTIES = """
    select
        'P' || n as party_id,
        if(n < $shops + 1, 'legal_entity', 'natural_person') as party_type,
        'Party ' || n as name,
        'US' as residence_country,
        case when n < $shops + 1 then 'corporate' when n % 20 = 0 then 'small_business' else 'retail' end as segment,
        if(n < $shops + 1, 5000000, 4000)::decimal(18, 4) as expected_monthly_turnover,
        'USD' as expected_turnover_currency,
        'active' as status,
        date '2024-01-02' as onboarded_on,
        $first_day::timestamp as updated_at,
        'P' || n as _key,
        n as _offset
    from range($accounts) as numbers(n)
"""
_ACCOUNTS = """
    select
        'A' || n as account_id,
        'USD' as currency,
        'B' || n % 50 as branch_id,
        date '2024-01-02' as opened_on,
        'active' as status,
        [{'party_id': 'P' || n, 'role': 'holder'}] as parties,
        $first_day::timestamp as updated_at,
        'A' || n as _key,
        n as _offset
    from range($accounts) as numbers(n)
"""
# Account 0 is a payroll that pays everybody, 1 to SHOPS are shops everybody pays. Of a hundred transfers 55 are paid by
# card to outside, 20 go to one of the payer's partners and 2 to just any account, 10 to a shop, 5 come from the
# payroll, 5 from outside, and 3 are cash.
_TRANSFERS = """
    with drawn as (
        select
            n,
            share(n, 'kind') as kind,
            1 + below(n, 'debtor', $accounts - 1) as customer,
            $since::timestamp
                + to_days(((n - $first) * $days // ($next - $first))::integer)
                + to_seconds(below(n, 'second', 86400)) as booked_at,
            round(exp(6 + 1.2 * sqrt(-2 * ln(1e-9 + share(n, 'u'))) * cos(6.2831853 * share(n, 'v'))), 2)
                ::decimal(18, 4) as amount
        from range($part, least($part + $a_file, $next)) as numbers(n)
    ),
    directed as (
        select
            *,
            case when kind < .05 then 0 when kind < .10 then null else customer end as debtor,
            case
                when kind < .05 then customer
                when kind < .10 then customer
                when kind < .20 then 1 + below(n, 'shop', $shops)
                -- The first partners are paid the most.
                when kind < .40
                    then below(customer * 16 + floor($partners * share(n, 'w') ** 2)::bigint, 'partner', $accounts)
                when kind < .42 then below(n, 'anybody', $accounts)
            end as creditor
        from drawn
    )
    select
        n,
        kind >= .42 and kind < .45 as is_cash,
        debtor,
        creditor,
        amount,
        booked_at
    from directed
    where debtor is distinct from creditor
"""
_MOVEMENTS = f"""
    with transfers as ({_TRANSFERS}),
    legs as (
        select *, 'debit' as direction, debtor as account from transfers where debtor is not null
        union all
        select *, 'credit' as direction, creditor as account from transfers where creditor is not null
    )
    select
        n || left(direction, 1) as transaction_id,
        n || left(direction, 1) as idempotency_key,
        'E' || n as end_to_end_id,
        'A' || account as account_id,
        direction,
        booked_at,
        case when is_cash then 'cash' when creditor is null then 'card' else 'credit_transfer' end as method,
        amount as instructed_amount,
        'USD' as instructed_currency,
        amount as settled_amount,
        'USD' as settled_currency,
        'A' || debtor as debtor_account_id,
        case when creditor is not null then 'A' || creditor when not is_cash then 'M' || n % 5000 end
            as creditor_account_id,
        'US' as debtor_country,
        'US' as creditor_country,
        'A' || account as _key,
        2 * n + (direction = 'credit')::integer as _offset,
        booked_at as _timestamp
    from legs
"""  # noqa: S608


@dataclass(frozen=True)
class Bank:
    """How many accounts it has, each with one holder; the first is a payroll, the next ``SHOPS`` are shops."""

    accounts: int

    def open(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Land its parties and accounts."""
        for table, rows, values in (
            ("bank_parties", _PARTIES, {"accounts": self.accounts, "shops": SHOPS, "first_day": FIRST_DAY}),
            ("bank_accounts", _ACCOUNTS, {"accounts": self.accounts, "first_day": FIRST_DAY}),
        ):
            _land(connection, table, f"select *, updated_at as _timestamp from ({rows})", values)  # noqa: S608

    def move(
        self, connection: duckdb.DuckDBPyConnection, first: int, transfers: int, since: datetime, days: int
    ) -> int:
        """Land the transfers from number ``first`` on, over ``days`` days; returns how many movements they are."""
        values = {
            "first": first,
            "next": first + transfers,
            "since": since,
            "days": days,
            "accounts": self.accounts,
            "shops": SHOPS,
            "partners": PARTNERS,
            "a_file": TRANSFERS_A_FILE,
        }
        connection.execute(_RANDOM)
        parts = range(first, first + transfers, TRANSFERS_A_FILE)
        return sum(_land(connection, "bank_transactions", _MOVEMENTS, {**values, "part": part}) for part in parts)


def _land(connection: duckdb.DuckDBPyConnection, table: str, rows: str, values: dict[str, object]) -> int:
    row = connection.execute(
        f"""
        insert into lake.landing.{table} by name
        select *, false as _tombstone, 0 as _partition, _timestamp as _landed_at from ({rows})
        """,  # noqa: S608
        values,
    ).fetchone()
    assert row is not None
    return int(row[0])
