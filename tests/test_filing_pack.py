"""The pack: a PDF with every fact of the case, whose drawing adds up."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from reporting_case import Tables, casefile, tables, transaction, transfer_out

from reports import flow, pack
from reports.narrative import narrative
from reports.profile import load


def rendered(rows: Tables) -> bytes:
    file = casefile(rows)
    return pack.render(load("goaml-5.0.1-str"), file, "STR-1", narrative(file), "ab" * 32)


def pages(content: bytes) -> int:
    found = re.search(rb"/Pages/Count (\d+)", content)
    assert found is not None
    return int(found[1])


def test_the_pack_is_a_pdf_and_the_same_each_time() -> None:
    first = rendered(tables())
    assert first.startswith(b"%PDF-")
    assert first == rendered(tables())


def test_a_case_of_many_movements_runs_over_pages() -> None:
    rows = tables()
    rows["rpt_str_transaction"] = [transaction(number) for number in range(600)]
    few, many = rendered(tables()), rendered(rows)
    assert pages(many) > pages(few) + 10


def test_any_script_prints_and_what_has_no_glyph_is_given_by_number() -> None:
    rows = tables()
    rows["rpt_str_party"][0]["name"] = "محمد Ханна Αθήνα Łęcki \x00#[*_$`"
    assert rendered(rows).startswith(b"%PDF-")
    assert pack.shown({"name": "Łęcki محمد Ханна שלום Αθήνα – ‘a’", "inner": ["张Ԅ😀", 3, None]}) == {
        "name": "Łęcki محمد Ханна שלום Αθήνα – ‘a’",
        "inner": ["[U+5F20][U+0504][U+1F600]", 3, None],
    }


def test_a_case_without_amounts_alerts_or_movements_still_prints() -> None:
    rows = tables()
    for row in rows["rpt_str_transaction"]:
        row["base_amount"] = None
    rows["rpt_str_alert"].clear()
    assert rendered(rows).startswith(b"%PDF-")
    rows["rpt_str_transaction"].clear()
    assert rendered(rows).startswith(b"%PDF-")


def drawn(rows: Tables) -> dict[str, Any]:
    found = flow.flow(casefile(rows))
    assert found is not None
    return found


def test_the_flow_adds_up_on_both_sides_of_every_account() -> None:
    found = drawn(tables())
    for side, column in (("credit", "sources"), ("debit", "targets")):
        ribbons = [ribbon for ribbon in found["ribbons"] if ribbon["side"] == side]
        assert sum(ribbon["thickness"] for ribbon in ribbons) == pytest.approx(
            sum(bar["thickness"] for bar in found[column])
        )
    assert [(bar["label"], bar["amount"]) for bar in found["sources"]] == [
        ("Cash · Dana Whitfield", "USD 28,200.00"),
        ("Cash · Łukasz Żak", "USD 28,200.00"),
    ]
    assert [(bar["label"], bar["amount"]) for bar in found["targets"]] == [("Meridian Trade GmbH", "USD 16,700.0001")]
    assert [(bar["label"], bar["amount"]) for bar in found["accounts"]] == [("4400121207", "USD 56,400.00")]


def test_small_ends_are_drawn_as_one_and_bars_do_not_overlap() -> None:
    rows = tables()
    rows["rpt_str_transaction"] = [
        transfer_out(number, creditor_name=f"Payee {number:02}", base_amount=Decimal(100 * number))
        for number in range(1, 31)
    ]
    found = drawn(rows)
    assert [bar["label"] for bar in found["targets"]] == [f"Payee {n}" for n in range(30, 23, -1)] + ["23 others"]
    assert found["targets"][-1]["amount"] == "USD 27,600.00"
    bottoms = [bar["y"] + bar["thickness"] for bar in found["targets"]]
    assert all(bar["y"] > bottom for bar, bottom in zip(found["targets"][1:], bottoms, strict=False))
    assert max(bottoms) <= found["height"]


def test_days_are_gathered_when_there_are_many() -> None:
    rows = tables()
    rows["rpt_str_transaction"] = [
        transaction(n, booked_at=datetime(2026, 1, 1, 12) + timedelta(days=n)) for n in range(100)
    ]
    found = flow.days(casefile(rows))
    assert found is not None
    assert (found["step"], len(found["bars"])) == (3, 34)
    assert found["largest"] == "USD 28,200.00"
