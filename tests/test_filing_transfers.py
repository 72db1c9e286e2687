"""goAML is told a transfer inside the bank once, and every other movement, whatever end-to-end id the bank gave it."""

from __future__ import annotations

from typing import Any

from reporting_case import casefile, tables, transaction, transfer_out

from reports.goaml import reported

PLACEHOLDER = "NOTPROVIDED"


def told(movements: list[dict[str, Any]]) -> list[str]:
    rows = tables()
    rows["rpt_str_transaction"] = movements
    return [row["transaction_id"] for row in reported(casefile(rows))]


def paid_in(number: int, debtor_account: str, account: str = "A-1", **changes: Any) -> dict[str, Any]:
    return transaction(
        number,
        method="credit_transfer",
        debtor_account_id=debtor_account,
        account_id=account,
        creditor_account_id=account,
        **changes,
    )


def test_both_movements_of_a_transfer_inside_the_bank_are_one() -> None:
    out = transfer_out(1, creditor_account_id="A-2")
    arrived = paid_in(2, "A-1", account="A-2", end_to_end_id=out["end_to_end_id"])
    assert told([out, arrived]) == ["T-0001"]
    assert told([arrived, out]) == ["T-0001"]
    assert told([arrived]) == ["T-0002"]


def test_a_placeholder_for_the_end_to_end_id_hides_no_payer() -> None:
    payers = [paid_in(number, f"X-{number}", end_to_end_id=PLACEHOLDER) for number in range(1, 6)]
    out = transfer_out(6, end_to_end_id=PLACEHOLDER)
    assert told([*payers, out]) == [f"T-{number:04}" for number in range(1, 7)]


def test_each_debit_stands_for_one_credit() -> None:
    out = transfer_out(1, creditor_account_id="A-2", end_to_end_id=PLACEHOLDER)
    arrived = [paid_in(number, "A-1", account="A-2", end_to_end_id=PLACEHOLDER) for number in (2, 3)]
    assert told([out, *arrived]) == ["T-0001", "T-0003"]
