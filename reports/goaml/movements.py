"""Which movements of a case become transactions of a goAML report."""

from __future__ import annotations

from collections import Counter

from reports.casefile import CaseFile, Row


def reported(file: CaseFile) -> list[Row]:
    """The movements that become transactions: of the two that a transfer inside the bank makes, the debit.

    An end-to-end id alone names no transfer, since some banks fill it with a placeholder: a credit is left out only for
    a debit between the same two accounts, and each debit stands for one credit.
    """
    told = Counter(
        (row["end_to_end_id"], row["account_id"], row["creditor_account_id"])
        for row in file.transactions
        if row["direction"] == "debit" and row["method"] != "cash"
    )
    found = []
    for row in file.transactions:
        transfer = (row["end_to_end_id"], row["debtor_account_id"], row["account_id"])
        if row["direction"] == "credit" and row["method"] != "cash" and told[transfer]:
            told[transfer] -= 1
        else:
            found.append(row)
    return found
