"""Planted money laundering, one function a typology; each plants one case and leaves its truth in the book."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulator import places
from simulator.business_calendar import DAY_US
from simulator.payments import HOUR_US
from simulator.planting import Ground

Planter = Callable[[Ground, int], None]


def _clock(ground: Ground, day: int, first_hour: float, last_hour: float) -> int:
    return day * DAY_US + int(ground.rng.uniform(first_hour, last_hour) * HOUR_US)


def _notes(ground: Ground, low: int, high: int) -> int:
    """Hundredths of a sum in fifties between ``low`` and ``high`` dollars."""
    return int(ground.rng.integers(low // 50, high // 50 + 1)) * 5000


def structuring(ground: Ground, _: int) -> None:
    """One person pays cash in at several branches on several days, each deposit and each day below 10,000 dollars."""
    subject = ground.subject()
    case = ground.book.open("structuring", "one_person", "party", subject)
    count = int(ground.rng.integers(4, 8))
    branches = ground.branches_near(int(ground.world.town[subject]), 4)
    for number, day in enumerate(ground.business_days(ground.begin(14), count)):
        ground.book.pay(
            case,
            _clock(ground, day, 9.2, 16.8),
            _notes(ground, 7000, 9850) if number % 4 else _notes(ground, 8500, 9900),
            method="cash",
            channel="branch",
            creditor=subject,
            conductor=subject,
            branch=branches[number % len(branches)],
        )


def structuring_by_hired_hands(ground: Ground, _: int) -> None:
    """Several hired hands pay cash below 10,000 dollars each into one person's account within a few days."""
    subject = ground.subject()
    case = ground.book.open("structuring", "hired_hands", "party", subject)
    hands = ground.hired_hands(int(ground.rng.integers(3, 6)))
    branches = ground.branches_near(int(ground.world.town[subject]), 5)
    days = ground.business_days(ground.begin(10), 4)
    for number in range(int(ground.rng.integers(6, 11))):
        ground.book.pay(
            case,
            _clock(ground, days[number % len(days)], 9.2, 16.8),
            _notes(ground, 3000, 9800),
            method="cash",
            channel="branch",
            creditor=subject,
            conductor=hands[number % len(hands)],
            branch=branches[int(ground.rng.integers(len(branches)))],
        )


def rapid_movement(ground: Ground, number: int) -> None:
    """A large credit arrives; between 85 and 97 percent of it leaves within two days in a few transfers."""
    subject = ground.subject()
    case = ground.book.open("rapid_movement", "pass_through", "account", subject)
    came = _clock(ground, ground.begin(4), 8.0, 14.0)
    cents = int(ground.rng.integers(20_000, 85_000)) * 100
    source = "foreign_person" if number % 2 else "person"
    ground.book.pay(case, came, cents, debtor=ground.someone_outside(source), creditor=subject, remittance="As agreed")
    _send_on(
        ground, case, subject, came, int(cents * ground.rng.uniform(0.85, 0.97)), int(ground.rng.integers(2, 6)), 44.0
    )


def _send_on(ground: Ground, case: int, subject: int, came: int, cents: int, parts: int, hours: float) -> None:
    """Send ``cents`` on in ``parts`` transfers within ``hours`` after ``came``."""
    shares = ground.rng.dirichlet(np.full(parts, 6.0))
    waits = np.sort(ground.rng.uniform(2.0, hours, parts))
    for share, wait, payee in zip(shares, waits, ground.people_outside(parts, "foreign_person"), strict=True):
        ground.book.pay(
            case,
            _waking(came + int(wait * HOUR_US)),
            max(100, int(cents * share)),
            channel="mobile",
            debtor=subject,
            creditor=payee,
        )


def _waking(local_us: int) -> int:
    """The same day's time, moved out of the hours from 0 to 4, in which clocks may be changed."""
    hour = local_us % DAY_US
    return local_us if hour >= 4 * HOUR_US else local_us - hour + 4 * HOUR_US + hour // 8


def mule_account(ground: Ground, number: int) -> None:
    """A newly opened account: many payers within days, then nearly all of it out at once."""
    subject = int(ground.world.playing("mule")[number])
    case = ground.book.open("mule_account", "young_account", "account", subject)
    opened = int(ground.world.opened[subject])
    begin = ground.begin(8, not_before=opened + 4)
    total, last = 0, 0
    for payer in ground.people_outside(int(ground.rng.integers(8, 16))):
        moment = _clock(ground, begin + int(ground.rng.integers(0, 4)), 8.0, 21.0)
        cents = int(ground.rng.integers(250, 1600)) * 100
        ground.book.pay(case, moment, cents, debtor=payer, creditor=subject, remittance="Payment")
        total, last = total + cents, max(last, moment)
    _send_on(ground, case, subject, last, int(total * ground.rng.uniform(0.9, 0.98)), 2, 14.0)


def fan_in(ground: Ground, _: int) -> None:
    """Many senders who have nothing to do with the customer pay in within a week or so."""
    subject = ground.subject()
    case = ground.book.open("fan_in", "many_payers", "account", subject)
    begin = ground.begin(9)
    for payer in ground.people_outside(int(ground.rng.integers(14, 28))):
        moment = _clock(ground, begin + int(ground.rng.integers(0, 7)), 8.0, 21.0)
        ground.book.pay(case, moment, int(ground.rng.integers(700, 3000)) * 100, debtor=payer, creditor=subject)


def fan_out(ground: Ground, _: int) -> None:
    """One account, fed a week earlier, pays many receivers within days."""
    subject = ground.subject()
    case = ground.book.open("fan_out", "many_payees", "account", subject)
    begin = ground.begin(14)
    payees = ground.people_outside(int(ground.rng.integers(14, 28)))
    sums = ground.rng.integers(500, 2500, len(payees)) * 100
    for part in range(3):
        ground.book.pay(
            case,
            _clock(ground, begin + part, 8.0, 16.0),
            int(sums.sum() * 0.36),
            debtor=ground.someone_outside(),
            creditor=subject,
        )
    for payee, cents in zip(payees, sums, strict=True):
        moment = _clock(ground, begin + 8 + int(ground.rng.integers(0, 4)), 8.0, 21.0)
        ground.book.pay(case, moment, int(cents), channel="mobile", debtor=subject, creditor=payee)


def cycle(ground: Ground, _: int) -> None:
    """Money goes round through three to six accounts of the bank and comes back a little smaller."""
    members = [ground.subject() for _ in range(int(ground.rng.integers(3, 7)))]
    case = ground.book.open("cycle", f"{len(members)}_hops", "account", members[0])
    moment = _clock(ground, ground.begin(10), 8.0, 12.0)
    dollars = float(ground.rng.integers(9000, 30_000))
    for debtor, creditor in zip(members, [*members[1:], members[0]], strict=True):
        ground.book.pay(case, moment, int(dollars) * 100, debtor=debtor, creditor=creditor, remittance="Loan")
        dollars *= ground.rng.uniform(0.95, 0.995)
        moment = _waking(moment + int(ground.rng.uniform(3.0, 28.0) * HOUR_US))


def funnel_account(ground: Ground, _: int) -> None:
    """Cash is paid in in many towns by others and drawn soon after in a town far from all of them."""
    subject = ground.subject()
    case = ground.book.open("funnel_account", "far_withdrawals", "account", subject)
    hands = ground.hired_hands(4)
    near = np.array([t for t in range(len(places.TOWNS)) if t not in places.FAR_TOWNS])
    towns = ground.rng.choice(near, size=int(ground.rng.integers(4, 8)), replace=False)
    branches = places.draw_branches(ground.rng, towns)
    far = places.draw_branches(
        ground.rng, np.array([places.FAR_TOWNS[int(ground.rng.integers(len(places.FAR_TOWNS)))]])
    )[0]
    for number, day in enumerate(ground.business_days(ground.begin(16), len(branches))):
        cents = _notes(ground, 1500, 6000)
        came = _clock(ground, day, 9.2, 12.0)
        ground.book.pay(
            case,
            came,
            cents,
            method="cash",
            channel="branch",
            creditor=subject,
            conductor=hands[number % 4],
            branch=branches[number],
        )
        drawn = int(cents * 0.9) // 2000 * 2000
        ground.book.pay(
            case,
            _clock(ground, day + 1, 11.0, 20.0),
            drawn,
            method="cash",
            channel="atm",
            debtor=subject,
            conductor=subject,
            branch=far,
        )


PLANTERS: tuple[Planter, ...] = (
    structuring,
    structuring_by_hired_hands,
    rapid_movement,
    mule_account,
    fan_in,
    fan_out,
    cycle,
    funnel_account,
)
