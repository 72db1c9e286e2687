"""Towns, branches and streets: where the bank's customers live and where money is handed over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.names import words


@dataclass(frozen=True)
class Town:
    """A town with its state, postal code and telephone area code; ``weight`` is its share of the customers."""

    name: str
    state: str
    postal_code: str
    area_code: str
    weight: int
    branches: int


TOWNS: tuple[Town, ...] = (
    Town("New York", "NY", "10001", "212", 14, 4),
    Town("Brooklyn", "NY", "11201", "718", 12, 3),
    Town("Yonkers", "NY", "10701", "914", 6, 2),
    Town("Albany", "NY", "12207", "518", 4, 1),
    Town("Buffalo", "NY", "14202", "716", 4, 1),
    Town("Newark", "NJ", "07102", "973", 8, 2),
    Town("Jersey City", "NJ", "07302", "201", 7, 2),
    Town("Trenton", "NJ", "08608", "609", 4, 1),
    Town("Stamford", "CT", "06901", "203", 5, 1),
    Town("Hartford", "CT", "06103", "860", 4, 1),
    Town("Philadelphia", "PA", "19103", "215", 8, 2),
    Town("Pittsburgh", "PA", "15222", "412", 3, 1),
    Town("Boston", "MA", "02108", "617", 6, 1),
    Town("Baltimore", "MD", "21202", "410", 4, 1),
    Town("Atlanta", "GA", "30303", "404", 3, 1),
    Town("Miami", "FL", "33131", "305", 4, 1),
    Town("El Paso", "TX", "79901", "915", 2, 1),
    Town("Laredo", "TX", "78040", "956", 2, 1),
    Town("Nogales", "AZ", "85621", "520", 1, 1),
    Town("Los Angeles", "CA", "90012", "213", 3, 1),
)
STREETS = words(
    "Acorn Alder Beacon Birch Canal Chestnut Depot Elmwood Foundry Garnet Hilltop Juniper Lantern Maple Mill Orchard"
    " Prospect Quarry Ridge Spruce Station Summit Tanner Union Walnut Willow"
)
STREET_KINDS = ("Street", "Avenue", "Road", "Lane", "Place")
FAR_TOWNS = tuple(i for i, town in enumerate(TOWNS) if town.state in ("TX", "AZ", "CA", "FL"))
BRANCH_TOWN = np.array([i for i, town in enumerate(TOWNS) for _ in range(town.branches)], dtype=np.int64)
BRANCH_IDS: tuple[str, ...] = tuple(f"BR{number:03d}" for number in range(1, len(BRANCH_TOWN) + 1))


def draw_towns(rng: np.random.Generator, count: int) -> np.ndarray:
    """Indexes into ``TOWNS``, shape (count,), by the towns' weights."""
    weights = np.array([town.weight for town in TOWNS], dtype=float)
    return rng.choice(len(TOWNS), size=count, p=weights / weights.sum())


def draw_branches(rng: np.random.Generator, towns: np.ndarray) -> np.ndarray:
    """A branch (index into ``BRANCH_IDS``) in each of ``towns``, same shape."""
    first = np.searchsorted(BRANCH_TOWN, towns)
    counts = np.array([town.branches for town in TOWNS], dtype=np.int64)[towns]
    drawn: np.ndarray = first + (rng.random(len(towns)) * counts).astype(np.int64)
    return drawn


def street_lines(rng: np.random.Generator, count: int) -> list[str]:
    """``count`` lines of street and number."""
    streets = rng.integers(0, len(STREETS), count)
    kinds = rng.integers(0, len(STREET_KINDS), count)
    numbers = rng.integers(1, 999, count)
    return [f"{n} {STREETS[s]} {STREET_KINDS[k]}" for n, s, k in zip(numbers, streets, kinds, strict=True)]
