"""Innocent customers who look like launderers, one function a kind; each leaves one case, marked so, in the book."""

from __future__ import annotations

import numpy as np

from simulator import places
from simulator.business_calendar import DAY_US, day_of
from simulator.payments import HOUR_US
from simulator.planting import Ground
from simulator.typologies import Planter


def _clock(ground: Ground, day: int, first_hour: float, last_hour: float) -> int:
    return day * DAY_US + int(ground.rng.uniform(first_hour, last_hour) * HOUR_US)


def _open_days(ground: Ground) -> np.ndarray:
    return ground.calendar.open_days(ground.first_day, ground.last_day)


def _rent_days(ground: Ground) -> list[int]:
    return [int(day) for day in _open_days(ground) if ground.calendar.is_rent_day(int(day))]


def cash_shop(ground: Ground, number: int) -> None:
    """A shop that banks about 9,000 dollars in cash each business day, as it declared, and pays its suppliers."""
    shop = int(ground.world.playing("cash_shop")[number])
    case = ground.book.open("structuring", "cash_shop", "party", shop, lookalike=True)
    branch = places.draw_branches(ground.rng, ground.world.town[[shop]])[0]
    for position, day in enumerate(_open_days(ground)):
        cents = int(ground.rng.integers(8600, 9450)) * 100
        ground.book.pay(
            case,
            _clock(ground, int(day), 15.5, 16.8),
            cents,
            method="cash",
            channel="branch",
            creditor=shop,
            conductor=ground.world.owner[shop],
            branch=branch,
            remittance="Takings",
        )
        if position % 5 == 4:
            _pay_suppliers(ground, shop, int(day), 36_000)


def large_cash(ground: Ground, number: int) -> None:
    """A market that banks more than 10,000 dollars in cash at once: reportable as currency, not suspicious."""
    shop = int(ground.world.playing("large_cash")[number])
    case = ground.book.open("large_cash", "market", "party", shop, lookalike=True)
    branch = places.draw_branches(ground.rng, ground.world.town[[shop]])[0]
    for position, day in enumerate(_open_days(ground)[number % 3 :: 2]):
        cents = int(ground.rng.integers(11_000, 24_000)) * 100
        ground.book.pay(
            case,
            _clock(ground, int(day), 14.0, 16.8),
            cents,
            method="cash",
            channel="branch",
            creditor=shop,
            conductor=ground.world.owner[shop],
            branch=branch,
            remittance="Takings",
        )
        if position % 3 == 2:
            _pay_suppliers(ground, shop, int(day), 44_000)


def _pay_suppliers(ground: Ground, shop: int, day: int, dollars: int) -> None:
    shares = ground.rng.dirichlet(np.full(4, 8.0))
    for share, supplier in zip(shares, ground.people_outside(4, "supplier"), strict=True):
        ground.book.pay(
            0,
            _clock(ground, day, 9.0, 12.0),
            int(dollars * share) * 100 + 100,
            debtor=shop,
            creditor=supplier,
            purpose="SUPP",
            remittance=f"Invoice {int(ground.rng.integers(1000, 99_999))}",
        )


def student_family(ground: Ground, number: int) -> None:
    """A student with a new account whose relatives all pay in at the beginning of each month."""
    student = int(ground.world.playing("student_family")[number])
    case = ground.book.open("mule_account", "student_family", "account", student, lookalike=True)
    relatives = [*ground.people_outside(3), *ground.people_outside(2, "foreign_person")]
    allowances = ground.rng.integers(150, 500, len(relatives)) * 100
    opened = int(ground.world.opened[student])
    months = [opened + 2, *(day for day in _rent_days(ground) if day > opened + 5)]
    for month in months:
        for relative, cents in zip(relatives, allowances, strict=True):
            moment = _clock(ground, month + int(ground.rng.integers(0, 4)), 8.0, 21.0)
            ground.book.pay(
                case,
                moment,
                int(cents),
                debtor=relative,
                creditor=student,
                purpose="FAMI",
                remittance="For your studies",
            )


def payroll(ground: Ground, number: int) -> None:
    """A company that pays all its staff on one day."""
    firms = ground.world.of("corporate")
    firm = int(firms[number % len(firms)])
    case = ground.book.open("fan_out", "payroll", "account", firm, lookalike=True)
    staff = ground.people_outside(int(ground.rng.integers(30, 60)))
    wages = ground.rng.integers(2800, 7000, len(staff)) * 100
    # A short simulation may hold only one of the two paydays.
    paydays = [[int(day) for day in _open_days(ground) if ground.calendar.is_payday(int(day), kind)] for kind in (0, 1)]
    for day in paydays[number % 2] or paydays[1 - number % 2]:
        month = day_of(day).strftime("%m/%Y")
        for payee, cents in zip(staff, wages, strict=True):
            ground.book.pay(
                case,
                _clock(ground, day, 4.0, 5.0),
                int(cents),
                debtor=firm,
                creditor=payee,
                purpose="SALA",
                remittance=f"Salary {month}",
            )


def landlord(ground: Ground, number: int) -> None:
    """A landlord whose tenants pay on the first business day of the month, and who pays the mortgage a week later."""
    owner = int(ground.world.playing("landlord")[number])
    case = ground.book.open("fan_in", "landlord", "account", owner, lookalike=True)
    tenants = ground.people_outside(int(ground.rng.integers(15, 32)))
    rents = ground.rng.integers(900, 2600, len(tenants)) * 100
    for day in _rent_days(ground):
        for tenant, cents in zip(tenants, rents, strict=True):
            moment = _clock(ground, day + int(ground.rng.integers(0, 2)), 7.0, 20.0)
            ground.book.pay(case, moment, int(cents), debtor=tenant, creditor=owner, purpose="RENT", remittance="Rent")
        mortgage = int(rents.sum() * 0.6)
        later = ground.calendar.on_or_after(day + 9)
        ground.book.pay(
            0,
            _clock(ground, later, 3.5, 5.0),
            mortgage,
            method="direct_debit",
            channel="system",
            debtor=owner,
            creditor=ground.world.outside["utility"][0],
            purpose="LOAN",
            remittance="Mortgage",
        )


def charity(ground: Ground, number: int) -> None:
    """A charity that many people give to, most of all during one week of collecting."""
    house = int(ground.world.playing("charity")[number])
    case = ground.book.open("fan_in", "charity", "account", house, lookalike=True)
    week = ground.begin(9)
    days = [*(week + ground.rng.integers(0, 7, 35)), *ground.rng.integers(ground.first_day, ground.last_day + 1, 25)]
    for day, giver in zip(days, ground.people_outside(60), strict=True):
        cents = int(ground.rng.integers(2, 40)) * 1000
        ground.book.pay(
            case,
            _clock(ground, int(day), 8.0, 22.0),
            cents,
            debtor=giver,
            creditor=house,
            purpose="CHAR",
            remittance="Donation",
        )


def house_purchase(ground: Ground, _: int) -> None:
    """Somebody sells a home and pays for the next one a day later."""
    buyer = ground.subject()
    case = ground.book.open("rapid_movement", "house_purchase", "account", buyer, lookalike=True)
    day = ground.begin(5)
    price = int(ground.rng.integers(180, 420)) * 100_000
    ground.book.pay(
        case,
        _clock(ground, day, 10.0, 13.0),
        price,
        debtor=ground.someone_outside("buyer"),
        creditor=buyer,
        purpose="PROP",
        remittance="Closing, sale of home",
    )
    ground.book.pay(
        case,
        _clock(ground, day + 1, 10.0, 14.0),
        int(price * 0.92),
        debtor=buyer,
        creditor=ground.someone_outside("buyer"),
        purpose="PROP",
        remittance="Closing, purchase of home",
    )


LOOKALIKES: tuple[Planter, ...] = (cash_shop, large_cash, student_family, payroll, landlord, charity, house_purchase)
