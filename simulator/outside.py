"""The world outside the bank: merchants, employers, landlords, suppliers and persons that its customers deal with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from simulator import names, places

OWN_BANK = "VGLDUS33XXX"
# Invented banks: well-formed BICs that nobody was given.
BANKS: dict[str, tuple[str, ...]] = {
    "US": ("NRTHUS33XXX", "QUAYUS31XXX", "ELMWUS44XXX", "GRVLUS55XXX", "TYDEUS66XXX"),
    "MX": ("PLMAMX22XXX", "SIERMX2PXXX"),
    "IN": ("GNGAIN55XXX", "NLGRIN5BXXX"),
    "GB": ("MRSHGB2LXXX", "HTHRGB22XXX"),
    "DE": ("EICHDEFFXXX", "LNDEDE33XXX"),
    "PH": ("LUZNPHMMXXX",),
    "AE": ("DHOWAEADXXX",),
    "NG": ("OKUNNGLAXXX",),
}
CURRENCY_OF = {"US": "USD", "MX": "MXN", "IN": "INR", "GB": "GBP", "DE": "EUR", "PH": "PHP", "AE": "AED", "NG": "NGN"}
FOREIGN = tuple(country for country in BANKS if country != "US")
FOREIGN_TOWN = {
    "MX": "Puebla",
    "IN": "Pune",
    "GB": "Leeds",
    "DE": "Bremen",
    "PH": "Cebu",
    "AE": "Dubai",
    "NG": "Ibadan",
}
# ISO 18245 code: (share of card payments, mean ticket as a share of monthly income in thousandths).
MERCHANT_KINDS: dict[str, tuple[float, float]] = {
    "5411": (0.34, 16.0),
    "5814": (0.20, 4.0),
    "5812": (0.10, 11.0),
    "5541": (0.12, 10.0),
    "5912": (0.08, 7.0),
    "5311": (0.07, 20.0),
    "4111": (0.05, 2.0),
    "5732": (0.04, 38.0),
}


@dataclass(frozen=True)
class Outside:
    """``table``: one a row (name, account_number, agent, country, currency, town, mcc); ``groups``: by kind."""

    table: pl.DataFrame
    groups: dict[str, np.ndarray]


def build(rng: np.random.Generator, customers: int) -> Outside:
    """Counterparties in numbers that suit a bank of so many customers."""
    sizes = {
        "merchant": max(60, customers // 8),
        "employer": max(20, customers // 25),
        "landlord": max(20, customers // 10),
        "utility": 12,
        "person": max(400, customers),
        "foreign_person": max(80, customers // 8),
        "supplier": max(60, customers // 10),
        "foreign_firm": max(30, customers // 20),
        "buyer": max(100, customers // 5),
        "acquirer": 2,
    }
    frames, groups, start = [], {}, 0
    for kind, size in sizes.items():
        frames.append(_counterparties(rng, kind, size))
        groups[kind] = np.arange(start, start + size)
        start += size
    return Outside(pl.concat(frames), groups)


def _counterparties(rng: np.random.Generator, kind: str, size: int) -> pl.DataFrame:
    if kind in ("person", "foreign_person"):
        called = names.persons(rng, size)["name"]
    else:
        called = names.firms(rng, size, {"merchant": "small", "landlord": "holding"}.get(kind, "large"))
    if kind.startswith("foreign"):
        weights = np.array([0.34, 0.2, 0.12, 0.12, 0.1, 0.06, 0.06])
        countries = [FOREIGN[i] for i in rng.choice(len(FOREIGN), size, p=weights)]
        towns = [FOREIGN_TOWN[country] for country in countries]
    else:
        countries = ["US"] * size
        towns = [places.TOWNS[i].name for i in places.draw_towns(rng, size)]
    picks, serials = rng.integers(0, 1 << 20, size), rng.integers(10**9, 10**10, size)
    codes = list(MERCHANT_KINDS)
    shares = np.array([share for share, _ in MERCHANT_KINDS.values()])
    merchant_codes = [codes[i] for i in rng.choice(len(codes), size, p=shares)]
    return pl.DataFrame(
        {
            "name": called,
            "account_number": [
                _account_number(c, int(p), int(s)) for c, p, s in zip(countries, picks, serials, strict=True)
            ],
            "agent": [BANKS[c][p % len(BANKS[c])] for c, p in zip(countries, picks, strict=True)],
            "country": countries,
            "currency": [CURRENCY_OF[c] for c in countries],
            "town": towns,
            "mcc": pl.Series(merchant_codes if kind == "merchant" else [None] * size, dtype=pl.String),
        }
    )


def _account_number(country: str, pick: int, serial: int) -> str:
    if country not in ("GB", "DE", "AE"):
        return str(serial)
    bank = BANKS[country][pick % len(BANKS[country])][:4]
    body = {
        "GB": f"{bank}400000{serial % 10**8:08d}",
        "DE": f"{pick % 10**8:08d}{serial:010d}",
        "AE": f"099{serial:016d}",
    }[country]
    return f"{country}{_check_digits(country, body)}{body}"


def _check_digits(country: str, body: str) -> str:
    """The two check digits of an IBAN (ISO 13616, ISO 7064 mod 97-10)."""
    digits = "".join(str(int(character, 36)) for character in f"{body}{country}00")
    return f"{98 - int(digits) % 97:02d}"
