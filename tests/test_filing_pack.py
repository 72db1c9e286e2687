"""The pack: a PDF with every fact of the case, whose drawing adds up."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
from reporting_case import Tables, act, casefile, tables, transaction, transfer_out

from reports import flow, pack
from reports.chronicle import history, timeline
from reports.fonts import shown
from reports.narrative import narrative
from reports.profile import load


def rendered(rows: Tables) -> bytes:
    file = casefile(rows)
    return pack.render(load("goaml-5.0.1-str"), file, "STR-1", narrative(file), "ab" * 32)


def texts(content: bytes) -> list[str]:
    """What each page says, white space folded."""
    with closing(pypdfium2.PdfDocument(content)) as document:
        return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


def test_the_pack_is_a_pdf_and_the_same_each_time() -> None:
    first = rendered(tables())
    assert first.startswith(b"%PDF-")
    assert first == rendered(tables())


def test_the_pack_holds_every_part_of_the_case() -> None:
    said = " ".join(texts(rendered(tables())))
    for heading in ("Subject", "The story", "Why it was found", "Timeline", "Accounts", "The flow of the money",
                    "Movements", "Others involved", "Decisions", "Provenance"):  # fmt: skip
        assert heading in said
    assert "Total of 8 movements 56,400.00 16,700.0001" in said
    assert "Total 6 56,400.00 2 16,700.0001" in said
    assert "ab" * 32 in said


def test_a_case_of_2000_movements_runs_over_pages_and_each_says_what_its_columns_are() -> None:
    rows = tables()
    rows["rpt_str_transaction"] = [transaction(number) for number in range(2000)]
    said = texts(rendered(rows))
    listing = [page for page in said if "T-0" in page or "T-1" in page]
    assert len(listing) > 40
    assert all("Time, movement How, account Where Who, text In Out" in page for page in listing)
    assert f"Page {len(said)} of {len(said)}" in said[-1]


@pytest.mark.parametrize("movements", range(20, 45, 3))
def test_a_total_stands_with_a_movement(movements: int) -> None:
    rows = tables()
    rows["rpt_str_transaction"] = [transaction(number) for number in range(movements)]
    (last,) = (page for page in texts(rendered(rows)) if f"Total of {movements} movements" in page)
    assert f"T-{movements - 1:04}" in last


@pytest.mark.parametrize(
    "name",
    [
        "张伟",
        "山田太郎",
        "김민준",
        "Ханна Іваненко",
        "Αθήνα Λάμπρου",
        "नीना",
        "রহিমা",
        "นารี",
        "ნინო",
        "እስቲፋኖስ",
        "José Łęcki",
    ],
)
def test_any_script_prints(name: str) -> None:
    rows = tables()
    rows["rpt_str_party"][0]["name"] = name
    assert shown(name) == name
    assert rendered(rows).startswith(b"%PDF-")


def test_what_has_no_glyph_is_given_by_number() -> None:
    assert shown({"name": "Łęcki – ‘a’ 张😀", "inner": ["𓀀a\x00", 3, None]}) == {
        "name": "Łęcki – ‘a’ 张😀",
        "inner": ["[U+13000]a", 3, None],
    }


def test_a_name_read_from_the_right_leaves_the_amount_after_it_in_place() -> None:
    assert shown("of محمد بن علي 12,500.00") == "of محمد بن علي\u200e 12,500.00"
    assert shown("שרה לוי (P-1)") == "שרה לוי\u200e (P-1)"


def test_a_name_cannot_turn_what_stands_after_it() -> None:
    assert shown("Ann\u202e 00.9") == "Ann[U+202E] 00.9"


def test_names_of_2000_characters_stay_on_the_page() -> None:
    rows = tables()
    rows["rpt_str_party"][0]["name"] = "X" * 2000
    for row in rows["rpt_str_transaction"]:
        row["conductor_name"] = "N" * 2000
    said = "".join(texts(rendered(rows)))
    assert said.count("X") >= 2 * 2000  # as the subject, and in the story
    assert said.count("N") >= 6 * 2000
    assert len(shown("X" * 100).split("\u200b")[0]) == 34


def test_typst_markup_in_a_name_is_text() -> None:
    rows = tables()
    rows["rpt_str_party"][0]["name"] = "#[*_$`\\ <a> @b"
    assert "#[*_$`\\ <a> @b" in texts(rendered(rows))[0]


def test_the_timeline_tells_what_had_moved_until_then() -> None:
    rows = tables()
    rows["rpt_str_alert"] += [{**rows["rpt_str_alert"][0], "alert_id": "al-2", "detected_at": datetime(2026, 3, 3, 3)}]
    assert [(each["at"], each["kind"], each["text"], each["in"], each["out"]) for each in timeline(casefile(rows))] == [
        ("2026-03-02 17:04", "money", "First movement in evidence", "9,400.00", "0.00"),
        ("2026-03-02 22:00", "alert",
         "Structuring of cash: fired 2 times, the last time on 6 movements of USD 56,400.00", "9,400.00", "0.00"),
        ("2026-03-04 18:04", "money", "Last of 8 movements in evidence", "56,400.00", "16,700.0001"),
        ("2026-03-09 10:00", "officer", "Ines Berg opened the case", "56,400.00", "16,700.0001"),
        ("2026-03-10 05:00", "officer", "Ines Berg decided: report", "56,400.00", "16,700.0001"),
        ("2026-03-10 05:30", "officer", "Ines Berg approved the decision (without effect)", "56,400.00", "16,700.0001"),
        ("2026-03-12 12:30", "officer", "Tom Hale approved the decision", "56,400.00", "16,700.0001"),
    ]  # fmt: skip


def test_the_history_tells_every_act_and_what_had_no_effect() -> None:
    rows = tables()
    rows["rpt_str_act"] += [
        act(5, "noted", "O-2", datetime(2026, 3, 12, 17), narrative="Once upon a time"),
        act(6, "assigned", "O-2", datetime(2026, 3, 12, 18), assigned_to="O-1", officer_name=None),
    ]
    told = history(casefile(rows))
    assert [(each["who"], each["what"], each["why"], each["void"]) for each in told[1:]] == [
        ("Ines Berg", "decided: report", "Deposits kept below the reporting threshold by two hands", ""),
        ("Ines Berg", "approved the decision", "Seen by myself", "without effect: four eyes"),
        ("Tom Hale", "approved the decision", "Agreed", ""),
        ("Tom Hale", "noted, wrote the story", "", ""),
        ("O-2", "assigned the case to O-1", "", ""),
    ]
    assert told[0]["event"] == "compliance.decisions 0@41"


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


def test_long_labels_and_many_accounts_keep_the_drawing_on_its_page() -> None:
    rows = tables()
    rows["rpt_str_transaction"] = [transaction(n, account_id=f"A-{n}", conductor_name="N" * 90) for n in range(1, 31)]
    found = drawn(rows)
    assert "21 other accounts" in {bar["label"] for bar in found["accounts"]}
    assert len(found["accounts"]) == 10
    assert found["height"] < 220
    assert found["sources"][0]["label"] == "Cash · " + "N" * 28 + "…"
