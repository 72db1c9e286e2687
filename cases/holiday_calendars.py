"""The public holidays that deadlines are counted without, as rows of a seed.

``python -m cases.holiday_calendars dbt_project/seeds/holidays.csv`` makes the countries' calendars anew from the
library ``holidays`` and leaves the others in the file alone. Feasts that follow the moon are reckoned ahead by it.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import holidays

# By ISO 3166-1: the countries of seeds/reporting_obligations.csv that count business days.
COUNTRIES = ("AU", "IN", "LK", "MU", "NA", "ZA", "ZW")
YEARS = range(2020, 2036)

Row = tuple[str, str, str]


def calendar_of(country: str) -> str:
    """The name of a country's calendar: ``za_public``."""
    return f"{country.lower()}_public"


def rows() -> list[Row]:
    """(calendar, day, name) of every holiday of the countries, weekends among them, in order."""
    return [
        (calendar_of(country), day.isoformat(), name)
        for country in COUNTRIES
        for day, name in sorted(holidays.country_holidays(country, years=YEARS, language="en_US").items())
    ]


def _write(path: Path) -> None:
    made = {calendar_of(country) for country in COUNTRIES}
    with path.open(encoding="utf-8", newline="") as file:
        header, *found = csv.reader(file)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(row for row in found if row[0] not in made)
        writer.writerows(rows())


if __name__ == "__main__":
    _write(Path(sys.argv[1]))
