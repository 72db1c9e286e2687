"""For each rule of the goAML profiles what breaks it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from filing_changes import (
    Rows,
    drop,
    no_movements,
    no_subject,
    of_company,
    put,
    subject_paper,
    twice,
    write,
)
from lxml import etree
from reporting_case import Tables

from reports.profile import load, names


def no_client(root: etree._Element) -> None:
    """Transactions in which nobody is a client."""
    for side in ("from", "to"):
        for element in root.iter(f"t_{side}_my_client"):
            element.tag = f"t_{side}"


Example = Rows | dict[str, Any]

EVERY: dict[str, Example] = {
    "GA-001": put("str_case", approved_by="O-1"),
    "GA-002": no_subject,
    "GA-020": put("str_account", status="seized"),
    "GA-021": put("str_party", occupation="Flo\x02rist"),
    "GA-101": put("reporting_entity", rentity_id=None),
    "GA-102": put("reporting_entity", rentity_branch=None),
    "GA-103": {"filing_ref": ""},
    "GA-105": put("reporting_entity", currency_code_local=None),
    "GA-108": {"narrative": ""},
    "GA-109": no_movements,
    "GA-111": put("reporting_entity", contact_first_name=None),
    "GA-112": put("reporting_entity", contact_last_name=None),
    "GA-121": put("reporting_entity", address_line=None),
    "GA-122": put("reporting_entity", address_town=None),
    "GA-123": put("reporting_entity", address_country=None),
    "GA-124": put("str_party", phones=[{"type": "mobile", "number": "+"}]),
    "GA-201": put("str_transaction", transaction_id=None),
    "GA-203": put("str_transaction", base_amount=None),
    "GA-204": put("str_transaction", 6, instructed_amount=Decimal(0)),
    "GA-301": put("reporting_entity", name=None),
    "GA-302": put("reporting_entity", rssd=None),
    "GA-303": put("str_account", branch_id=None),
    "GA-305": put("str_account", currency=None),
    "GA-306": put("str_account", account_name=None),
    "GA-307": put("str_account", parties=[]),
    "GA-308": put("str_account", parties=[]),
    "GA-309": put("str_account", opened_on=None),
    "GA-310": put("str_account", status=None),
    "GA-401": put("str_party", first_name=None),
    "GA-402": put("str_party", last_name=None),
    "GA-403": put("str_party", birth_date=None),
    "GA-404": put("str_party", tax_id=None),
    "GA-405": put("str_party", nationality=None),
    "GA-406": put("str_party", residence_country=None),
    "GA-407": put("str_party", phones=[]),
    "GA-408": put("str_party", occupation=None),
    "GA-421": subject_paper(number=None),
    "GA-501": of_company(put("str_party", name=None)),
    "GA-502": of_company(put("str_party", legal_form=None)),
    "GA-503": of_company(put("str_party", incorporation_number=None)),
    "GA-504": of_company(put("str_party", industry_code=None)),
    "GA-505": of_company(put("str_party", phones=None)),
    "GA-506": of_company(put("str_party", incorporation_country=None)),
    "GA-507": of_company(put("str_account", parties=[{"party_id": "P-9", "role": "holder"}])),
    "GA-508": of_company(put("str_party", incorporation_date=None)),
    "GA-601": put("str_party", occupation="x" * 256),
    "GA-602": put("str_account", opened_on=date(2026, 3, 14)),
    "GA-603": put("str_transaction", base_amount=Decimal(0)),
    "GA-604": put("str_account", balance_at_end=Decimal(10) ** 16),
    "GA-605": {"document": drop("//transaction")},
    "GA-606": put("str_transaction", transaction_id="T-0002"),
    "GA-607": put("str_case", base_currency="EUR"),
    "GA-608": {"document": no_client},
    "GA-609": put("str_party", addresses=[]),
    "GA-610": {"document": write("//foreign_currency_code", "USD")},
    "GA-611": put("str_transaction", value_date=date(2026, 3, 13)),
    "GA-612": put("str_party", nationality="USA"),
    "GA-613": put("str_account", currency="usd"),
    "GA-614": put("str_party", birth_date=date(1700, 1, 1)),
    "GA-615": put("reporting_entity", contact_phone="212 555 0101"),
    "GA-616": put("str_case", amount=Decimal("73100.0002")),
    "GA-617": put("str_transaction", base_amount=Decimal(10) ** 15),
    "GA-619": put("str_account", account_number="--"),
    "GA-620": put("str_transaction", base_amount=None),
    "GA-621": put("str_transaction", booked_at=datetime(2026, 3, 14)),
    "GA-622": put("str_transaction", base_amount=Decimal(0)),
    "GA-623": {"document": drop("//report_party[2]/reason")},
    "GA-624": put("str_party", email="dana at example"),
    "GA-625": put("str_account", closed_on=date(2018, 1, 1)),
    "GA-626": subject_paper(expires_on=date(2019, 1, 1)),
    "GA-627": {"rows": put("str_account", account_number="DE89370400440532013000"), "document": write("//iban", "DE8")},
    "GA-628": {"document": write("//swift", "BYLADEM")},
    "GA-629": put("reporting_entity", rentity_id=0),
    "GA-630": {"document": twice("//indicator")},
}
UAE: dict[str, Example] = {
    **EVERY,
    "GU-409": subject_paper(number=None),
    "GU-422": subject_paper(issued_on=None),
    "GU-509": of_company(put("str_party", addresses=[])),
    "GU-601": put("str_party", last_name="محمد"),
    "GU-602": subject_paper(number="9" * 256),
    "GU-603": {"document": write("//transmode_comment", "No")},
    "GU-604": {"document": write("//tax_reg_number", "T")},
    "GU-605": {"document": write("//indicator", "-")},
}
OF = {"goaml-5.0.1": EVERY, "goaml-5.0.2-uae": UAE}


def alone(rows: Tables) -> None:
    """A company's accounts on which nobody else stands."""
    of_company()(rows)
    for account in rows["rpt_str_account"]:
        account["parties"] = [{"party_id": "P-9", "role": "holder"}]


# What breaks a rule of a day's cash otherwise than of a case.
DAY: dict[str, Example] = {
    "GA-204": put("str_transaction", 1, instructed_amount=Decimal(0)),
    "GA-507": alone,
    "GA-604": put("str_transaction", base_amount=Decimal(10) ** 16),
    "GA-606": put("str_transaction", transaction_id="D-0002"),
    "GA-607": put("ctr", base_currency="EUR"),
    "GA-631": put("str_transaction", booked_at=datetime(2026, 3, 5, 17)),
    "GA-632": put("str_transaction", method="card"),
}


def by_profile(about: Literal["case", "day"] = "case") -> dict[str, dict[str, Example]]:
    """By profile the examples of the rules it has; a rule without one is told by its absence."""
    found = {}
    for name in names(about):
        if (country := name.rpartition("-")[0]) in OF:
            rules = {rule.id for rule in load(name).rules}
            examples = {**OF[country], **DAY} if about == "day" else OF[country]
            found[name] = {rule: example for rule, example in examples.items() if rule in rules}
    return found
