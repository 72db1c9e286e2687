"""vigil sql: read the lake while the sinks write it."""

from __future__ import annotations

import csv
import readline
import sys
from typing import Annotated

import duckdb
import typer

from cli.console import AsJson, fail, print_json, print_rows, say
from cli.environment import lake
from lakehouse.attach import attach_statement, connect

PROMPT, CONTINUATION = "vigil> ", "    -> "
ROWS_SHOWN = 200


def sql(
    query: Annotated[str | None, typer.Argument(help="One statement; without it a shell opens.")] = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV with a header.")] = False,
    attach: Annotated[
        bool, typer.Option("--attach", help="Print the statement that attaches the lake elsewhere.")
    ] = False,
) -> None:
    """Query the lake, read only: one statement, or a shell. Tables are schema.table, such as aml.alerts."""
    with lake() as settings:
        if attach:
            say("install ducklake; install postgres;")
            say(attach_statement(settings, read_only=True) + ";")
            return
        with connect(settings, read_only=True) as connection:
            connection.execute("use lake")
            if query is None:
                shell(connection)
            else:
                run(connection, query, as_json=as_json, as_csv=as_csv)


def run(connection: duckdb.DuckDBPyConnection, query: str, *, as_json: bool, as_csv: bool) -> None:
    """Run one statement and print what it returns."""
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or []]
    rows = cursor.fetchall()
    if as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(names)
        writer.writerows(rows)
    elif as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        print_rows(dict(zip(names, row, strict=True)) for row in rows)


def shell(connection: duckdb.DuckDBPyConnection) -> None:
    """Read statements up to a semicolon and show their results, until end of input."""
    readline.set_history_length(1000)
    say("The lake, read only. End a statement with ; and leave with Ctrl-D.")
    statement = ""
    while True:
        try:
            line = input(CONTINUATION if statement else PROMPT)
        except EOFError:
            say("")
            return
        except KeyboardInterrupt:
            statement = ""
            say("")
            continue
        statement = f"{statement}\n{line}".strip()
        if not statement.endswith(";"):
            continue
        try:
            relation = connection.sql(statement)
            if relation is not None:
                relation.show(max_rows=ROWS_SHOWN)
        except duckdb.Error as error:
            fail(str(error))
        statement = ""
