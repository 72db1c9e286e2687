"""A day of cash that the regulator has taken, told again: what changed, each report by the number it was given.

FinCEN takes an amended report in the place of the one whose number it names, and takes none back. So only the reports
that say something else now are told, as amendments, and those that are new, as first ones; what is no report any more
is named for people.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import duckdb

from reports.batch import FORMS
from reports.casefile import Row
from reports.dayfile import CashReport, DayFile
from reports.errors import ReportError
from reports.profile import Profile
from reports.read import read_day, read_day_filings
from reports.template import Template

_SEQUENCE = re.compile(r' \w+="\d+"')


@dataclass(frozen=True)
class _Gist:
    """Of a report its movements, and a digest of what the file says of it."""

    report_id: str
    movements: frozenset[str]
    sha256: str


@dataclass(frozen=True)
class _Chosen:
    """Some reports of a day, each with the number of the one in whose place it stands."""

    reports: Iterable[CashReport]
    numbers: Mapping[str, str | None]

    def __iter__(self) -> Iterator[CashReport]:
        for report in self.reports:
            if (report_id := report.row["report_id"]) in self.numbers:
                yield replace(report, prior_number=self.numbers[report_id])


def amended(connection: duckdb.DuckDBPyConnection, profile: Profile, file: DayFile) -> DayFile:
    """``file`` with what is to be told in the place of the filing that it corrects.

    All of it, where the regulator has taken nothing of the day.

    Raises:
        ReportError: nothing is to be told, or a filing has not as many numbers as reports.
        lakehouse.errors.SnapshotGone: the pin of a filing that was taken is not in the lake any more.
    """
    taken = _taken(connection, profile, file)
    held: dict[str, _Gist] = {}
    for filing in taken:
        then = read_day(connection, file.business_day, filing["pin"])
        # What the bank says of itself, and the day of the filing, are no change of a report.
        told, gone = _changes(held, _gists(profile, replace(then, entity=file.entity, filed_on=file.filed_on)))
        numbers = filing["regulator_reference"].split()
        if len(numbers) != len(told):
            raise ReportError(
                f"filing {filing['filing_ref']} told {len(told)} reports of {file.business_day}, and its "
                f"acknowledgement has {len(numbers)} numbers; acknowledge it again with the number of each report, in "
                "the batch's order"
            )
        held = {
            number: gist
            for number, gist in held.items()
            if number not in gone and number not in (prior for _, prior in told)
        } | dict(zip(numbers, (gist for gist, _ in told), strict=True))
    if not taken:
        return file
    told, gone = _changes(held, _gists(profile, file))
    if not told:
        raise ReportError(
            f"the reports of {file.business_day} say at snapshot {file.pin} what the regulator has taken"
            + (f", but for {', '.join(gone)}, which are due no more; FinCEN takes no report back" if gone else "")
            + "; there is nothing to correct"
        )
    return replace(
        file,
        reports=_Chosen(file.reports, {gist.report_id: number for gist, number in told}),
        gone=tuple(gone),
    )


def refuse_repetition(connection: duckdb.DuckDBPyConnection, profile: Profile, business_day: date, pin: int) -> None:
    """Make sure that a filing which corrects none tells no report a second time as a first one.

    Raises:
        ReportError: the regulator has taken reports of the day.
    """
    for filing in read_day_filings(connection, business_day, pin):
        if filing["profile"] == profile.name and filing["regulator_reference"] is not None:
            raise ReportError(
                f"the regulator has taken reports of {business_day} in filing {filing['filing_ref']}, and another "
                f"would tell them again as first ones; 'vigil file correct {filing['filing_ref']}' tells what changed"
            )


def _taken(connection: duckdb.DuckDBPyConnection, profile: Profile, file: DayFile) -> list[Row]:
    """The filings that the regulator has taken, from the first one to that which ``file`` corrects."""
    answered = {
        filing["filing_ref"]: filing
        for filing in read_day_filings(connection, file.business_day, file.pin)
        if filing["profile"] == profile.name
    }
    chain: list[Row] = []
    at = answered.get(file.corrects)
    while at is not None:
        chain.append(at)
        at = answered.get(at["corrects"])
    return [filing for filing in reversed(chain) if filing["regulator_reference"] is not None]


def _gists(profile: Profile, file: DayFile) -> list[_Gist]:
    template, records = Template(profile), FORMS[profile.form][0]
    return [
        _Gist(
            report.row["report_id"],
            frozenset(row["transaction_id"] for row in report.transactions),
            _digest(template.fill(records(file, profile, "", [report])).text),
        )
        for report in file.reports
    ]


def _digest(text: str) -> str:
    """A digest of a document but for the numbers of its elements."""
    return hashlib.sha256(_SEQUENCE.sub("", text).encode()).hexdigest()


def _changes(held: Mapping[str, _Gist], now: Sequence[_Gist]) -> tuple[list[tuple[_Gist, str | None]], list[str]]:
    """What of ``now`` differs from ``held`` (by number), each with the number of what it replaces, None for what is
    new; and the numbers of what is no report any more.

    Two are the same report if they have the same movements, else those that share the most of them.
    """
    number_of = {gist.movements: number for number, gist in held.items()}
    replaces = {gist.report_id: number_of[gist.movements] for gist in now if gist.movements in number_of}
    matched = set(replaces.values())
    with_movement: defaultdict[str, list[str]] = defaultdict(list)
    for number, gist in held.items():
        for movement in gist.movements:
            with_movement[movement].append(number)
    shared = Counter(
        (gist.report_id, number)
        for gist in now
        if gist.report_id not in replaces
        for movement in gist.movements
        for number in with_movement[movement]
        if number not in matched
    )
    for (report_id, number), _ in sorted(shared.items(), key=lambda pair: (-pair[1], pair[0])):
        if report_id not in replaces and number not in matched:
            replaces[report_id] = number
            matched.add(number)
    found = [(gist, replaces.get(gist.report_id)) for gist in now]
    told = [(gist, number) for gist, number in found if number is None or held[number].sha256 != gist.sha256]
    return told, sorted(set(held) - matched)
