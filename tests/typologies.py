"""A bank in which every scenario has its case and its innocent twin."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from landed_bank import FIRST_DAY, Bank, at

# Who must be alerted by which scenario, and when (days after FIRST_DAY, 15:00 UTC).
EXPECTED = {
    ("structuring", "P-splitter", at(2)),
    ("structuring", "P-hirer", at(4)),
    ("structuring", "P-runner", at(11)),
    ("rapid_movement", "A-rapid", at(6)),
    ("mule_account", "A-mule", at(11)),
    ("fan_in", "A-mule", at(9)),
    ("fan_out", "A-fanout", at(9)),
    ("funnel_account", "A-funnel", at(10)),
    ("structured_withdrawals", "P-drawer", at(12)),
    ("consolidation", "A-gatherer", at(7)),
    ("cash_beyond_business", "P-kiosk", at(12)),
    ("dormant_account", "A-sleeper", at(5)),
    ("volume_jump", "A-grower", at(10)),
    ("new_payees", "A-spreader", at(10)),
    ("mirrored_amounts", "A-mirror", at(8)),
    ("repeated_amounts", "A-slicer", at(7)),
    ("repeated_amounts", "A-fanout", at(8)),
    ("repeated_amounts", "A-spreader", at(10)),
    ("round_amounts", "A-rounder", at(13)),
    ("quick_follow_up", "A-follower", at(5)),
    ("benford", "A-inventor", at(8)),
    ("high_risk_geography", "A-abroad", at(6)),
    ("politically_exposed", "A-minister", at(11)),
    ("crypto_ramp", "A-coins", at(9)),
    ("terrorist_financing", "A-giver", at(6)),
    ("shared_device", "A-cell4", at(8)),
    ("shared_address", "A-lodger4", at(8)),
    ("listed_counterparty", "A-dealer", at(7)),
    ("early_loan_repayment", "A-loan", at(12)),
    ("shell_company", "A-holding", at(9)),
    *(("cycle", f"A-ring{member}", at(5)) for member in (1, 2, 3)),
    *(("bipartite", f"A-{member}", at(8)) for member in ("pair1", "pair2", "shared1", "shared2")),
    *(("scatter_gather", f"A-{member}", at(9)) for member in ("origin", "between1", "between2", "collector")),
    ("gather_scatter", "A-hinge", at(8)),
    *(("chain", f"A-link{member}", at(9)) for member in range(5)),
    ("round_trip", "A-tripper2", at(7)),
}


def bank() -> Bank:
    """The events, in the order in which they were sent."""
    bank = Bank()
    for day in range(26):
        bank.rate("EUR/USD", "1.10" if day % 2 else "1.20", FIRST_DAY + timedelta(days=day), at(day, 0))
    _cash(bank)
    _accounts(bank)
    _small_cash(bank)
    _behaviour(bank)
    _exposure(bank)
    _hidden(bank)
    _twins(bank)
    _repeats(bank)
    bank.events.sort(key=lambda event: event.sent_at)
    return bank


def _cash(bank: Bank) -> None:
    splitter = bank.customer("splitter")
    for day in range(4):
        bank.deposit(splitter, 9000, at(day), branch=f"B{day}", conductor_party_id="P-splitter")
    # Hired hands: each brings cash once, to one account.
    hirer = bank.customer("hirer")
    for hand in range(3):
        bank.person(f"P-hand{hand}", "outsider", None)
        bank.deposit(hirer, 4000, at(2 + hand), branch=f"B{hand}", conductor_party_id=f"P-hand{hand}")
    # One runner brings cash to accounts of others, each of whom gets it once.
    bank.person("P-runner", "outsider", None)
    for client in range(3):
        bank.deposit(bank.customer(f"client{client}"), 4000, at(9 + client), conductor_party_id="P-runner")
    # Reportable: two accounts, a conductor and a holder, one business day; in and out apart.
    large = bank.customer("large")
    bank.account("A-large2", "P-large")
    bank.deposit(large, 6000, at(2))
    bank.deposit("A-large2", 4000, at(2, 16))
    bank.deposit("A-large2", "0.01", at(2, 17))
    bank.withdraw(large, 9000, at(2, 18))
    # 03:00 UTC is still the evening before in New York, and Saturday counts for Monday.
    night = bank.customer("night")
    bank.deposit(night, 6000, at(2, 16), conductor_party_id="P-night")
    bank.deposit(night, 6000, at(3, 3), conductor_party_id="P-night")
    weekend = bank.customer("weekend")
    bank.deposit(weekend, 6000, at(5))
    bank.deposit(weekend, 6000, at(7))
    # One holder of a joint account draws for himself, a deposit is for both.
    bank.person("P-joint1")
    bank.person("P-joint2")
    bank.account("A-joint", "P-joint1", "P-joint2")
    bank.withdraw("A-joint", 11000, at(8), conductor_party_id="P-joint2")
    bank.deposit("A-joint", 12000, at(9), conductor_party_id="P-joint2")


def _accounts(bank: Bank) -> None:
    rapid = bank.customer("rapid")
    bank.transfer("X-source", rapid, 20000, at(4))
    bank.transfer(rapid, "X-sink", 9000, at(5))
    bank.transfer(rapid, "X-sink", 9500, at(6))
    mule = bank.customer("mule", opened_on=date(2025, 12, 20))
    for payer in range(6):
        bank.transfer(f"X-payer{payer}", mule, 1500, at(5 + payer))
    bank.transfer(mule, "X-abroad", 8500, at(11))
    fanout = bank.customer("fanout")
    for payee in range(6):
        bank.transfer(fanout, f"X-payee{payee}", 1500, at(5 + payee))
    funnel = bank.customer("funnel")
    for branch in range(4):
        bank.deposit(funnel, 2400, at(6 + branch), branch=f"B{branch + 1}")
    bank.withdraw(funnel, 8000, at(10))
    for member in (1, 2, 3):
        bank.customer(f"ring{member}", turnover=8000)
    bank.transfer("A-ring1", "A-ring2", 4000, at(3))
    bank.transfer("A-ring2", "A-ring3", 3800, at(4))
    bank.transfer("A-ring3", "A-ring1", 3600, at(5))
    for name in ("pair1", "pair2", "shared1", "shared2", "origin", "between1", "between2", "collector"):
        bank.customer(name, turnover=8000)
    for number in (1, 2):
        bank.transfer("A-pair1", f"A-shared{number}", 900, at(4 + number))
        bank.transfer("A-pair2", f"A-shared{number}", 900, at(6 + number))
        bank.transfer("A-origin", f"A-between{number}", 900, at(5))
        bank.transfer(f"A-between{number}", "A-collector", 850, at(7 + number))
    bank.customer("hinge")
    for hop in range(5):
        bank.customer(f"link{hop}", turnover=8000)
    for number in range(3):
        bank.customer(f"giver{number}", turnover=8000)
        bank.customer(f"taker{number}", turnover=8000)
        bank.transfer(f"A-giver{number}", "A-hinge", 900, at(3 + number))
        bank.transfer("A-hinge", f"A-taker{number}", 600, at(6 + number))
    for hop in range(4):
        bank.transfer(f"A-link{hop}", f"A-link{hop + 1}", 900 - 20 * hop, at(6 + hop))

    # What an entity pays comes back to its owner; the refund comes back to the account that paid.
    bank.person("P-firm", "small_business", 8000, party_type="legal_entity")
    bank.account("A-firm", "P-firm")
    bank.send(
        "bank.ownership",
        at(0, 5),
        entity_id="P-firm",
        owner_id="P-tripper",
        control_kind="shares",
        share_percent=Decimal(60),
        updated_at=at(0, 5),
    )
    for name in ("tripper", "helper", "refunded", "refunder"):
        bank.customer(name, turnover=8000)
    bank.account("A-tripper2", "P-tripper")
    bank.transfer("A-firm", "A-helper", 6000, at(4))
    bank.transfer("A-helper", "A-tripper2", 5700, at(7))
    bank.transfer("A-refunded", "A-refunder", 6000, at(4))
    bank.transfer("A-refunder", "A-refunded", 6000, at(7))


def _small_cash(bank: Bank) -> None:
    drawer = bank.customer("drawer")
    for day in range(3):
        bank.withdraw(drawer, 4000, at(10 + day), branch=f"B{day}", conductor_party_id="P-drawer")
    gatherer = bank.customer("gatherer")
    for day in range(5):
        bank.deposit(gatherer, 2500, at(3 + day))
    kiosk = bank.customer("kiosk", "small_business", 8000)
    bank.account("A-kiosk2", "P-kiosk")
    bank.deposit(kiosk, 6000, at(8))
    bank.deposit("A-kiosk2", 6000, at(12))


def _behaviour(bank: Bank) -> None:
    sleeper = bank.customer("sleeper")
    bank.transfer(sleeper, "X-landlord", 100, at(-200))
    bank.transfer("X-source", sleeper, 3000, at(3))
    bank.transfer("X-source", sleeper, 3000, at(5))
    grower = bank.customer("grower")
    for month in range(8):
        bank.transfer("X-employer", grower, 3000, at(-230 + 30 * month))
    bank.transfer("X-source", grower, 5000, at(8))
    bank.transfer("X-source", grower, 5000, at(10))
    spreader = bank.customer("spreader", turnover=9000)
    bank.transfer(spreader, "X-landlord", 100, at(-100))
    for payee in range(5):
        bank.transfer(spreader, f"X-stranger{payee}", 1200, at(6 + payee))
    mirror = bank.customer("mirror", turnover=20000)
    for pair in range(3):
        bank.transfer("X-source", mirror, 2000, at(3 + 2 * pair))
        bank.transfer(mirror, "X-sink", 1990, at(4 + 2 * pair))

    slicer = bank.customer("slicer", turnover=8000)
    for piece in range(4):
        bank.transfer(slicer, f"X-payee{piece}", 1290 + 5 * piece, at(4 + piece))
    rounder = bank.customer("rounder", turnover=9000)
    for day, amount in enumerate((1000, 2500, 1700, 3400, 1400)):
        bank.transfer("X-source", rounder, amount, at(5 + 2 * day))
    follower = bank.customer("follower", turnover=8000)
    for day, amount in ((3, 1500), (4, 1800), (5, 2100)):
        bank.transfer(follower, "X-payee", amount, at(day))

    # Two hundred amounts between 600 and 700 dollars: none begins with another digit.
    inventor = bank.customer("inventor", turnover=40000)
    for number in range(200):
        bank.transfer(
            inventor,
            f"X-payee{number % 4}",
            600 + number % 97,
            at(-41 + number // 4, number % 4 + 15) - timedelta(hours=3),
        )


def _exposure(bank: Bank) -> None:
    abroad = bank.customer("abroad")
    for day in (5, 6):
        bank.move(abroad, "debit", 2500, at(day), creditor_account_id="X-yangon", creditor_country="MM")
    bank.person("P-minister", pep=True)
    bank.account("A-minister", "P-minister")
    for day in (7, 11):
        bank.transfer("X-admirer", "A-minister", 5000, at(day))
    coins = bank.customer("coins")
    for day in (8, 9):
        bank.move(coins, "debit", 2500, at(day), method="card", creditor_name="Coins", merchant_category_code="6051")


def _hidden(bank: Bank) -> None:
    giver = bank.customer("giver")
    for day in range(2, 7):
        bank.move(giver, "debit", 250, at(day), creditor_account_id=f"X-mogadishu{day % 3}", creditor_country="SO")
    for member in range(5):
        cell = bank.customer(f"cell{member}")
        bank.move(cell, "debit", 1000, at(4 + member), channel="online", device_id="D-shared", creditor_name="A shop")
    for member in range(5):
        lodging = {
            "type": "residence",
            "line": "7 Mill Lane",
            "postal_code": "10001",
            "town": "Albany",
            "country": "US",
        }
        bank.person(f"P-lodger{member}", addresses=[lodging | {"state": "NY"}])
        bank.account(f"A-lodger{member}", f"P-lodger{member}")
        bank.move(f"A-lodger{member}", "debit", 1000, at(4 + member), method="card", creditor_name="A shop")
    bank.send(
        "reference.watchlists",
        at(1),
        entry_id="un_consolidated/1",
        list_name="un_consolidated",
        list_version="1",
        entry_type="individual",
        name="LISTED, Person",
        published_at=at(1),
    )
    dealer = bank.customer("dealer")
    for day in (0, 7):
        bank.move(dealer, "debit", 500, at(day), creditor_name="Person Listed")
    bank.person("P-borrower")
    bank.account("A-loan", "P-borrower", account_type="loan")
    bank.move("A-loan", "debit", 10000, at(2), creditor_account_id="X-seller")
    bank.deposit("A-loan", 5000, at(9))
    bank.deposit("A-loan", 4000, at(12))
    company = {"party_type": "legal_entity", "industry_code": "551112", "residence_country": "US"}
    bank.person("P-holding", "corporate", 900000, incorporation_date=date(2025, 6, 2), **company)
    bank.account("A-holding", "P-holding")
    for day in (4, 7):
        bank.move("A-holding", "credit", 30000, at(day), debtor_account_id="X-cyprus", debtor_country="CY")
        bank.move("A-holding", "debit", 25000, at(day + 2), creditor_account_id="X-dubai", creditor_country="AE")


def _twins(bank: Bank) -> None:
    shop = bank.customer("shop", "small_business", 250000)
    bank.person("P-clerk", "outsider", None)
    for day in range(20):
        bank.deposit(shop, 9000, at(day, 20), conductor_party_id="P-clerk")
    student = bank.customer("student", "student", 1500)
    for week in range(3):
        for relative in range(4):
            bank.transfer(f"X-relative{relative}", student, 300, at(7 * week + relative))
        bank.transfer(student, "X-landlord", 1100, at(7 * week + 4))
    # They pay the same landlord and the same shop, but began three weeks apart.
    for member in ("tenant1", "tenant2", "landlord", "grocer"):
        bank.customer(member, turnover=8000)
    for number in (1, 2):
        bank.transfer(f"A-tenant{number}", "A-landlord", 900, at(21 * number - 24))
        bank.transfer(f"A-tenant{number}", "A-grocer", 900, at(21 * number - 23))
    # New customers pay her, and she pays suppliers whom she has long paid.
    for name in ("seller", "buyer0", "buyer1", "buyer2", "supplier0", "supplier1", "supplier2"):
        bank.customer(name, turnover=8000)
    for number in range(3):
        bank.transfer("A-seller", f"A-supplier{number}", 600, at(number - 60))
        bank.transfer(f"A-buyer{number}", "A-seller", 900, at(3 + number))
        bank.transfer("A-seller", f"A-supplier{number}", 600, at(6 + number))
    salaried = bank.customer("salaried", turnover=6000)
    bank.transfer("X-employer", salaried, 5500, at(10))
    bank.transfer(salaried, "X-landlord", 2500, at(11))
    bank.transfer(salaried, "X-broker", 2500, at(12))
    trader = bank.customer("trader", "corporate", 900000)
    for day in range(20):
        bank.transfer(f"X-buyer{day}", trader, 30000, at(day, 12))
        bank.transfer(trader, f"X-supplier{day}", 28000, at(day, 13))
    exact = bank.customer("exact")
    for day, amount in enumerate((3000, 3500, 3500)):
        bank.deposit(exact, amount, at(day))
    euro = bank.customer("euro", currency="EUR", turnover=30000)
    bank.move(euro, "credit", 1000, at(3), settled_currency="EUR", instructed_currency="EUR", debtor_name="A payer")
    # A correction that came after the movement does not price it; a movement before the first rate has a price, too.
    bank.rate("EUR/USD", "9.99", FIRST_DAY + timedelta(days=3), at(4, 12))
    pound = bank.customer("pound", currency="GBP", turnover=30000)
    bank.rate("GBP/USD", "1.30", FIRST_DAY + timedelta(days=5), at(5, 16))
    bank.rate("GBP/USD", "1.40", FIRST_DAY + timedelta(days=6), at(6, 16))
    for day in (3, 6, 7):
        bank.move(
            pound, "credit", 100, at(day), settled_currency="GBP", instructed_currency="GBP", debtor_name="A payer"
        )


def _repeats(bank: Bank) -> None:
    account = bank.customer("repeated")
    first = bank.move(account, "credit", 700, at(12), debtor_name="A payer")
    sent_again = {name: value for name, value in first.row.items() if not name.startswith("_")}
    bank.send("bank.transactions", at(13), **sent_again)
    bank.send("bank.transactions", at(20), **sent_again)
    bank.send("bank.transactions", at(21), **sent_again | {"settled_amount": 7000, "instructed_amount": 7000})
