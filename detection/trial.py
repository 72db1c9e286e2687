"""A scenario run with other parameters on what a build made, in memory: the lake is only read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from detection.errors import NoSuchTrial
from lakehouse import snapshots
from lakehouse.attach import connect
from lakehouse.compiled import Statement, statements_between
from lakehouse.settings import Settings

PARAMETERS = "int_scenario_parameters"
_PARAMETERS_TABLE = f"intermediate.{PARAMETERS}"
# What the measures of a trial read beside the scenario's own tables.
_ALWAYS_READ = ("intermediate.int_movements", "intermediate.int_account_holders")


@dataclass(frozen=True)
class Trial:
    """A scenario, ready to be run with other values.

    ``connection`` holds the lake as the newest build left it, under the names that the models know it by, and what the
    other scenarios' standing alerts have in evidence as ``standing``. The lake itself is attached read only.
    """

    connection: duckdb.DuckDBPyConnection
    scenario: str
    statements: list[Statement]

    def run(self, point: int, values: Mapping[str, Decimal], segment: str | None, days: tuple[date, date]) -> None:
        """Add the alerts detected on ``days`` (first and last, UTC) to table ``raised``, under the number ``point``.

        ``values`` hold at all times, for ``segment`` alone if it is given; then only its alerts are taken.
        """
        self.connection.execute("delete from overrides")
        for parameter, value in values.items():
            self.connection.execute("insert into overrides values (?, ?)", [parameter, value])
        self.connection.execute(
            f"""
            create or replace table lake.{_PARAMETERS_TABLE} as
            select in_force.* replace (coalesce(overrides.value, in_force.value) as value)
            from lake.{_PARAMETERS_TABLE}_in_force as in_force
            left join overrides
                on in_force.scenario_id = $scenario
                and in_force.parameter = overrides.parameter
                and ($segment is null or in_force.segment = $segment)
            """,  # noqa: S608
            {"scenario": self.scenario, "segment": segment},
        )
        for statement in self.statements:
            self.connection.execute(f"create or replace table lake.{statement.table} as {statement.sql}")
        self.connection.execute(
            f"""
            insert into raised by name
            select
                $point as point, alert_id, subject_type, subject_id, detected_at, amount, evidence, reason, segment
            from lake.{self.statements[-1].table}
            where detected_at::date between $first and $last and ($segment is null or segment = $segment)
            """,  # noqa: S608
            {"point": point, "segment": segment, "first": days[0], "last": days[1]},
        )


@dataclass(frozen=True)
class Ground:
    """What can be tried on a lake as its newest build, which ended at snapshot ``pin``, left it.

    ``parameters``: the scenario's, each with the values it has over segments and periods. The days are those on which
    anything moved (UTC).
    """

    pin: int
    parameters: dict[str, list[Decimal]]
    segments: list[str]
    first_day: date
    last_day: date


def ground(settings: Settings, scenario: str) -> Ground:
    """What can be tried with ``scenario``.

    Raises:
        NotBuilt: no build has ended yet.
        SnapshotGone: the newest build's snapshot is not kept any more.
        NoSuchTrial: there is no such scenario, or nothing moved yet.
    """
    with connect(settings, read_only=True) as connection:
        pin = snapshots.built(connection)
        snapshots.require(connection, pin)

        def rows(query: str, table: str) -> list[tuple[Any, ...]]:
            return connection.execute(query.format(_at("lake", table, pin))).fetchall()

        scenarios = [name for (name,) in rows("select distinct scenario_id from {} order by all", "seeds.scenarios")]
        if scenario not in scenarios:
            raise NoSuchTrial(f"there is no scenario {scenario!r}; scenarios: {', '.join(scenarios)}")
        values = rows(
            "select scenario_id, parameter, list(distinct value order by value) from {} group by all order by all",
            _PARAMETERS_TABLE,
        )
        ((first_day, last_day),) = rows(
            "select min(booked_at)::date, max(booked_at)::date from {}", "intermediate.int_movements"
        )
        if first_day is None:
            raise NoSuchTrial("nothing moved in the lake yet, so there is nothing to try a scenario on")
        return Ground(
            pin=pin,
            parameters={parameter: found for each, parameter, found in values if each == scenario},
            segments=[name for (name,) in rows("select segment from {} order by all", "seeds.segments")],
            first_day=first_day,
            last_day=last_day,
        )


@contextmanager
def trial(settings: Settings, scenario: str, pin: int) -> Iterator[Trial]:
    """The scenario on the lake as it was at snapshot ``pin``.

    Raises:
        BuildFailed: dbt cannot compile the scenario.
    """
    target = (settings.home / "dbt" / "backtest").resolve()
    statements = statements_between(settings, pin, target, PARAMETERS, scenario)
    with connect(settings, read_only=True, alias="origin") as connection:
        _lay_out(connection, pin, statements, scenario)
        yield Trial(connection, scenario, statements)


def _lay_out(connection: duckdb.DuckDBPyConnection, pin: int, statements: list[Statement], scenario: str) -> None:
    """The tables that the statements read, under their own names, in a database of this connection's memory."""
    made = {each.table for each in statements} | {_PARAMETERS_TABLE}
    read = {table for each in statements for table in each.reads} | set(_ALWAYS_READ)
    connection.execute("attach ':memory:' as lake")
    for schema in sorted({table.split(".")[0] for table in made | read}):
        connection.execute(f"create schema lake.{schema}")
    for table in sorted(read - made):
        connection.execute(f"create view lake.{table} as from {_at('origin', table, pin)}")
    connection.execute(
        f"create table lake.{_PARAMETERS_TABLE}_in_force as from {_at('origin', _PARAMETERS_TABLE, pin)}"
    )
    connection.execute("create table overrides (parameter varchar, value decimal(18, 4))")
    connection.execute(
        """
        create table raised (
            point integer, alert_id varchar, subject_type varchar, subject_id varchar, detected_at timestamp,
            amount decimal(18, 4), evidence varchar[], reason varchar, segment varchar
        )
        """
    )
    connection.execute(
        f"""
        create table standing as
        select scenario_id, unnest(evidence) as transaction_id
        from {_at("origin", "aml.alerts", pin)}
        where withdrawn_pin is null and scenario_id <> $scenario
        """,  # noqa: S608
        {"scenario": scenario},
    )


def _at(lake: str, table: str, pin: int) -> str:
    # The version is a snapshot id of our own; AT takes no bound value.
    return f"{lake}.{table} at (version => {int(pin)})"
