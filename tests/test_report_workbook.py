"""A workbook read back: types, formats, filters and totals; texts stay texts, and no figure is told wrongly."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from reports.errors import ReportError
from reports.workbook import Column, Sheet, write

COLUMNS = (
    Column("name", "Name", width=30),
    Column("number", "Number", "count", total=True),
    Column("amount", "Amount", "amount", total=True),
    Column("share", "Share", "share"),
    Column("on", "Day", "day"),
    Column("at", "Time", "time"),
)


def row(name: Any = "Dana", amount: Any = Decimal("9400.0000"), **more: Any) -> dict[str, Any]:
    told = {"number": 3, "share": 0.25, "on": date(2025, 3, 1), "at": datetime(2025, 3, 1, 10, 11, 12)}
    return {"name": name, "amount": amount, **told, **more}


def written(*rows: dict[str, Any]) -> bytes:
    sheet = Sheet("Cash", "Cash of March", "As known", COLUMNS, rows)
    return write([sheet], title="Register", bank="Vigil Demonstration Bank", created=datetime(2025, 4, 1, 6))


def read(content: bytes) -> Worksheet:
    page = openpyxl.load_workbook(io.BytesIO(content))["Cash"]
    assert isinstance(page, Worksheet)
    return page


def test_cells_have_their_types_and_formats() -> None:
    page = read(written(row()))
    assert [cell.value for cell in page[4]] == ["Name", "Number", "Amount", "Share", "Day", "Time"]
    assert [cell.value for cell in page[5]] == [
        "Dana", 3, 9400, 0.25, datetime(2025, 3, 1), datetime(2025, 3, 1, 10, 11, 12),
    ]  # fmt: skip
    assert [cell.number_format for cell in page[5]] == [
        "@", "#,##0", "#,##0.00##", "0.0%", "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss",
    ]  # fmt: skip


def test_a_sheet_can_be_filtered_keeps_its_header_in_sight_and_adds_up_what_is_shown() -> None:
    page = read(written(row(), row("Łukasz", Decimal("0.5"))))
    assert page.freeze_panes == "B5"
    assert page.auto_filter.ref == "A4:F6"
    assert [page["A7"].value, page["B7"].value, page["C7"].value] == [
        "Total", "=SUBTOTAL(109,B5:B6)", "=SUBTOTAL(109,C5:C6)",
    ]  # fmt: skip
    assert page.print_title_rows == "$4:$4"


@pytest.mark.parametrize(
    "name", ["=1+1", '=HYPERLINK("http://example.com")', "+1", "-1+2", "@SUM(A1)", "\t=1", "http://example.com", "007"]
)
def test_a_text_is_never_a_formula_a_link_or_a_number(name: str) -> None:
    cell = read(written(row(name)))["A5"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (name, "s", None)
    assert cell.quotePrefix is (name[0] in "=+-@\t")


def test_control_characters_are_left_out_and_escapes_are_text() -> None:
    assert read(written(row("a\x00b\x1fc _x0041_ 张伟 😀")))["A5"].value == "abc _x0041_ 张伟 😀"


def test_names_of_2000_characters_are_whole_and_what_a_cell_cannot_hold_is_counted() -> None:
    assert read(written(row("N" * 2000)))["A5"].value == "N" * 2000
    told = read(written(row("N" * 40_000)))["A5"].value
    assert isinstance(told, str)
    assert len(told) <= 32_767
    assert told.endswith(" … (7,273 characters more)")


def test_lists_and_nothing_at_all_have_their_cells() -> None:
    page = read(written(row(["a", "b"], None, number=None, share=None, on=None, at=None)))
    assert [cell.value for cell in page[5]] == ["a, b", None, None, None, None, None]


def test_an_amount_beyond_a_double_is_told_exactly() -> None:
    large = Decimal("1000000000000000.0001")
    page = read(written(row(amount=large), row(amount=Decimal("0.0001"))))
    assert page["C5"].value == "1,000,000,000,000,000.0001"
    assert page["C6"].value == 0.0001
    assert page["C7"].value == "1,000,000,000,000,000.0002"


def test_a_sheet_without_rows_has_its_header_alone() -> None:
    page = read(written())
    assert (page.max_row, page["A4"].value, page.auto_filter.ref) == (4, "Name", "A4:F4")


def test_the_same_content_gives_the_same_bytes_uncompressed_and_without_a_clock() -> None:
    content = written(row())
    assert content == written(row())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {(each.compress_type, each.date_time) for each in archive.infolist()} == {
            (zipfile.ZIP_STORED, (1980, 1, 1, 0, 0, 0))
        }
        assert b"2025-04-01T06:00:00Z" in archive.read("docProps/core.xml")


def test_more_rows_than_a_spreadsheet_takes_are_refused() -> None:
    with pytest.raises(ReportError, match=r"1,048,573 rows.*shorter period"):
        written(*[row()] * 1_048_573)
