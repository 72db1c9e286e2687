"""Workbooks: sheets of typed columns as XLSX, the same bytes for the same content."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_range
from xlsxwriter.worksheet import Worksheet

from reports.errors import ReportError
from reports.text import printable
from reports.words import figure

Kind = Literal["text", "count", "amount", "share", "day", "time"]

_HEADER = 3  # above it: title, note, an empty row
_LAST_ROW = 1_048_575  # of a sheet (Excel's specifications and limits), counted from 0
_LONGEST = 32_767  # characters of a cell, by the same
_LINE = 15  # points
_MOST_LINES = 12
_A3, _A4 = 8, 9
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that an archive can tell; ours tell none
_FORMATS: dict[Kind, str] = {
    "text": "@",
    "count": "#,##0",
    "amount": "#,##0.00##",
    "share": "0.0%",
    "day": "yyyy-mm-dd",
    "time": "yyyy-mm-dd hh:mm:ss",
}
_WIDTHS: dict[Kind, int] = {"text": 22, "count": 12, "amount": 17, "share": 10, "day": 12, "time": 20}
# What a program could take for the beginning of a formula when the cell is edited or saved in another form.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Column:
    """A column of a sheet. ``total`` adds it up under the last row; ``width`` is in characters."""

    key: str
    title: str
    kind: Kind = "text"
    width: int | None = None
    total: bool = False


@dataclass(frozen=True)
class Sheet:
    """A sheet: ``rows`` map the columns' keys to str, int, float, Decimal, date, naive datetime, None or a list.

    ``totals`` are those of columns whose total is not the sum of their cells, since rows share what is counted; they do
    not follow the filter.
    """

    name: str
    title: str
    note: str
    columns: Sequence[Column]
    rows: Sequence[dict[str, Any]]
    totals: Mapping[str, Decimal | int] = field(default_factory=dict)


def write(sheets: Sequence[Sheet], *, title: str, bank: str, created: datetime) -> bytes:
    """The sheets as an XLSX file, each with a filter and its header frozen.

    An amount that a spreadsheet's numbers (IEEE 754 doubles) cannot hold exactly is written as text, and so is its
    column's total. Texts are never formulas, whatever they begin with.

    Args:
        created: what the file says of its making; the time of the pin, since no clock is read.

    Raises:
        ReportError: a sheet has more rows than a spreadsheet takes.
    """
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": title, "company": printable(bank), "created": created})
    styles = _Styles(book)
    for sheet in sheets:
        _fill(book.add_worksheet(sheet.name), sheet, styles)
    book.close()
    return _stored(buffer.getvalue())


class _Styles:
    """The workbook's formats."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.title = book.add_format({"bold": True, "font_size": 14, "font_color": "#1b2a41"})
        self.note = book.add_format({"font_color": "#5b6777"})
        head = {"bold": True, "font_color": "#ffffff", "bg_color": "#1b2a41", "valign": "vcenter", "text_wrap": True}
        self.head = {
            side: book.add_format({**head, "align": side, "indent": indent})
            for side, indent in (("left", 1), ("right", 0))
        }
        self.cell: dict[Kind, Format] = {}
        self.total: dict[Kind, Format] = {}
        for kind, form in _FORMATS.items():
            look = {
                "num_format": form,
                "valign": "top",
                "align": _side(kind),
                "indent": 0 if _side(kind) == "right" else 1,
            }
            self.cell[kind] = book.add_format(look | ({"text_wrap": True} if kind == "text" else {}))
            self.total[kind] = book.add_format({**look, "bold": True, "top": 1})
        self.quoted = book.add_format(
            {"num_format": "@", "valign": "top", "align": "left", "indent": 1, "text_wrap": True, "quote_prefix": True}
        )


def _side(kind: Kind) -> str:
    return "right" if kind in ("count", "amount", "share") else "left"


def _fill(page: Worksheet, sheet: Sheet, styles: _Styles) -> None:
    first, last = _HEADER + 1, _HEADER + len(sheet.rows)
    if last + 1 > _LAST_ROW:
        raise ReportError(
            f"sheet {sheet.name!r} would have {len(sheet.rows):,} rows, a spreadsheet takes {_LAST_ROW - first:,}; "
            "ask for a shorter period"
        )
    page.write_string(0, 0, sheet.title, styles.title)
    page.write_string(1, 0, sheet.note, styles.note)
    page.set_row(_HEADER, _LINE * max((_lines(column.title, column) for column in sheet.columns), default=1))
    for number, row in enumerate(sheet.rows, first):
        if (lines := max(_lines(row[column.key], column) for column in sheet.columns)) > 1:
            page.set_row(number, _LINE * lines)
    for place, column in enumerate(sheet.columns):
        page.set_column(place, place, _width(column))
        page.write_string(_HEADER, place, column.title, styles.head[_side(column.kind)])
        for number, row in enumerate(sheet.rows, first):
            _write(page, number, place, row[column.key], styles.cell[column.kind], styles)
        if sheet.rows and any(each.total for each in sheet.columns):
            _close(page, last + 1, place, sheet, styles)
    page.freeze_panes(first, 1)
    page.autofilter(_HEADER, 0, max(last, _HEADER), len(sheet.columns) - 1)
    page.set_landscape()
    page.set_paper(_A4 if sum(map(_width, sheet.columns)) < 160 else _A3)
    page.fit_to_pages(1, 0)
    page.repeat_rows(_HEADER)
    page.set_footer("&L&F · &A&RPage &P of &N")


def _write(page: Worksheet, row: int, place: int, value: Any, style: Format, styles: _Styles) -> None:
    if value is None:
        page.write_blank(row, place, None, style)
    elif isinstance(value, Decimal | int) and not _is_exact(value):
        page.write_string(row, place, figure(Decimal(value)), style)
    elif isinstance(value, Decimal | int | float):
        page.write_number(row, place, value, style)
    elif isinstance(value, date | datetime):
        page.write_datetime(row, place, value, style)
    else:
        text = _cell(", ".join(map(str, value)) if isinstance(value, list) else str(value))
        page.write_string(row, place, text, styles.quoted if text.startswith(_FORMULA) else style)


def _close(page: Worksheet, row: int, place: int, sheet: Sheet, styles: _Styles) -> None:
    """A cell of the row of totals: a sum that follows the filter, where a spreadsheet adds up exactly and rows share
    nothing."""
    column = sheet.columns[place]
    if column.key in sheet.totals:
        _write(page, row, place, sheet.totals[column.key], styles.total[column.kind], styles)
        return
    values = [each[column.key] for each in sheet.rows if each[column.key] is not None]
    if not column.total:
        page.write_string(row, place, "" if place else "Total", styles.total["text"])
        return
    total = sum(values, Decimal(0))
    if all(map(_is_exact, values)) and _is_exact(total):
        formula = f"=SUBTOTAL(109,{xl_range(_HEADER + 1, place, row - 1, place)})"
        page.write_formula(row, place, formula, styles.total[column.kind], float(total))
    else:
        page.write_string(row, place, figure(total), styles.total[column.kind])


def _width(column: Column) -> int:
    return column.width or _WIDTHS[column.kind]


def _lines(value: Any, column: Column) -> int:
    """The lines that a text takes in its column; a program that prints the file may not find them out by itself."""
    text = ", ".join(map(str, value)) if isinstance(value, list) else value if isinstance(value, str) else ""
    return min(_MOST_LINES, sum(-(-max(len(line), 1) // max(_width(column) - 1, 1)) for line in text.split("\n")))


def _is_exact(value: Decimal | int) -> bool:
    """Whether a double shows the same digits; spreadsheets show fifteen of them."""
    return len(Decimal(value).normalize().as_tuple().digits) <= 15


def _cell(text: str) -> str:
    """``text`` as a cell can hold it; what is left out is counted."""
    text = printable(text)
    if len(text) <= _LONGEST:
        return text
    kept = _LONGEST - 40
    return f"{text[:kept]} … ({len(text) - kept:,} characters more)"


def _stored(content: bytes) -> bytes:
    """The archive without compression, whose bytes would depend on the machine's library."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(buffer, "w") as plain:
        for name in packed.namelist():
            plain.writestr(zipfile.ZipInfo(name, _EPOCH), packed.read(name))
    return buffer.getvalue()
