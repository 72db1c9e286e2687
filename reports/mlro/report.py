"""Make the monthly report: a function of the month and the pin."""

from __future__ import annotations

import calendar
import json
from datetime import UTC, date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import typst

from lakehouse.settings import Settings
from reports import shelf, workbook
from reports.fonts import FAMILIES, fonts, shown
from reports.mlro.month import Month, read
from reports.mlro.pictures import pictures
from reports.mlro.sheets import sheets, summary
from reports.words import day, figure, month_name
from reports.workbook import Column, Sheet

_TEMPLATE = Path(__file__).parent / "page.typ"
_TITLE = "Monthly report of the MLRO"
# The document shows so many rows of a list; the workbook has them all.
_SHOWN = 20


def make(
    connection: duckdb.DuckDBPyConnection, settings: Settings, month: date, pin: int | None = None
) -> shelf.Report:
    """Write the report of ``month`` (any day of it) to ``<home>/reports/mlro-YYYY-MM``.

    One of a month that is not over at the pin ends on the day of the pin's build, and its name tells that day. The same
    month and pin give the same bytes.

    Args:
        pin: the snapshot to read; if None, that at which the newest build ended.

    Raises:
        lakehouse.errors.SnapshotGone, lakehouse.errors.NotBuilt, ReportError: see ``shelf.scope``.
    """
    first = month.replace(day=1)
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    scope = shelf.scope(connection, first, last, pin)
    found = read(connection, scope)
    name = scope.named(f"mlro-{first:%Y-%m}")
    tables = sheets(found)
    files = {
        f"{name}.pdf": document(found, tables, name),
        f"{name}.xlsx": workbook.write(
            list(tables.values()),
            title=f"{_TITLE}, {month_name(first)}{scope.proviso}",
            bank=scope.bank,
            created=scope.made_at,
        ),
    }
    return shelf.put(settings.home, name, scope, files)


def document(month: Month, tables: dict[str, Sheet], reference: str) -> bytes:
    """The report as PDF."""
    scope = month.scope
    data = {
        "title": _TITLE,
        "bank": scope.bank,
        "month": month_name(scope.first) + scope.proviso,
        "over": scope.as_of is None,
        "end": month.end,
        "reference": reference,
        "pin": scope.pin,
        "first": day(scope.first),
        "last": day(scope.last),
        "zone": scope.zone,
        "currency": scope.currency,
        "made": f"{scope.made_at:%Y-%m-%d %H:%M} UTC",
        "figures": [[row["measure"], *_figures(row)] for row in summary(month)],
        "tables": {name: _table(sheet) for name, sheet in tables.items()},
    }
    content = shown(data) | {"pictures": pictures(month), "fonts": FAMILIES}
    compiler = typst.Compiler(
        _TEMPLATE,
        root=_TEMPLATE.parents[1],
        font_paths=fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(content, ensure_ascii=False)},
    )
    pdf = compiler.compile(format="pdf", timestamp=int(scope.made_at.replace(tzinfo=UTC).timestamp()))
    assert isinstance(pdf, bytes)
    return pdf


def _figures(row: dict[str, Any]) -> list[str]:
    this, before, rate = row["this"], row["before"], row["rate"]
    return [
        "–" if this is None else f"{this:,}",
        "" if rate is None else f"{rate:.1%}",
        "" if before is None else f"month before {before:,}",
    ]


def _table(sheet: Sheet) -> dict[str, Any]:
    """A sheet as the document prints it: titles, texts of the first rows, how many there are, sums of all."""
    return {
        "titles": [column.title for column in sheet.columns],
        "kinds": [column.kind for column in sheet.columns],
        "rows": [[_text(row[column.key], column) for column in sheet.columns] for row in sheet.rows[:_SHOWN]],
        "count": len(sheet.rows),
        "totals": [
            _text(sum((row[column.key] or 0 for row in sheet.rows), Decimal(0)), column) if column.total else ""
            for column in sheet.columns
        ],
    }


def _text(value: Any, column: Column) -> str:
    if value is None:
        return ""
    if column.kind == "share":
        return f"{value:.1%}"
    if column.kind == "count":
        return f"{value:,}"
    if column.kind == "amount":
        return figure(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
