"""Reports for people: one folder each under ``<home>/reports``, with a manifest beside the files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from lakehouse import snapshots
from reports import durable
from reports.errors import ReportError
from reports.words import day

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Report:
    """A report as it lies in its folder. ``sha256`` is of each file, by its path; ``as_of`` as in ``Scope``."""

    name: str
    first: date
    last: date
    as_of: date | None
    pin: int
    folder: Path
    sha256: dict[str, str]


@dataclass(frozen=True)
class Scope:
    """What a report is made from: days at the bank, from ``first`` to ``last``, as snapshot ``pin`` knows them.

    ``as_of`` is None for days that are over at the pin; else it is the day that was today then, and ``last``.
    ``made_at`` is the time of the snapshot (naive UTC), which stands for the report's own, since no clock is read.
    """

    first: date
    last: date
    pin: int
    made_at: datetime
    bank: str
    zone: str
    currency: str
    as_of: date | None

    @property
    def proviso(self) -> str:
        """``, as of 9 March 2025`` while the days are not over; else nothing."""
        return "" if self.as_of is None else f", as of {day(self.as_of)}"

    def named(self, name: str) -> str:
        """The name of a report on these days, which tells those that are not over."""
        return name if self.as_of is None else f"{name}-as-of-{self.as_of}"


def scope(connection: duckdb.DuckDBPyConnection, first: date, last: date, pin: int | None) -> Scope:
    """The scope of a report at ``pin``, or at the newest finished build's if None; it ends on the day of that build, if
    that comes before ``last``.

    Raises:
        lakehouse.errors.SnapshotGone: the pin is not in the lake any more.
        lakehouse.errors.NotBuilt: no pin was given, and no build has ended yet.
        ReportError: the days are in the wrong order, or have not begun, or the bank is not one reporting entity.
    """
    if last < first:
        raise ReportError(f"a report from {first} to {last} ends before it begins; give the earlier day first")
    if pin is None:
        pin = snapshots.built(connection)
    snapshots.require(connection, pin)
    made = connection.execute(
        "select timezone('UTC', snapshot_time) from lake.snapshots() where snapshot_id = $pin", {"pin": pin}
    ).fetchone()
    entities = connection.execute(
        """
        with entities as (from lake.rpt.rpt_reporting_entity at (version => $pin)),

        today as (from lake.rpt.rpt_as_of_day at (version => $pin))

        select entities.name, entities.time_zone, entities.currency_code_local, today.day
        from entities
        inner join today on entities.jurisdiction = today.jurisdiction
        """,
        {"pin": pin},
    ).fetchall()
    if made is None or len(entities) != 1:
        raise ReportError(
            f"the bank is {len(entities)} reporting entities at snapshot {pin}; "
            "give it one row in seeds/reporting_entity.csv and build again"
        )
    name, zone, currency, today = entities[0]
    if today < first:
        raise ReportError(f"a report from {first} on tells nothing yet: snapshot {pin} is of {today}")
    # The day of the build is not over either.
    as_of = today if today <= last else None
    return Scope(first, as_of or last, pin, made[0], name, zone, currency, as_of)


def put(home: Path, name: str, scope: Scope, files: dict[str, bytes]) -> Report:
    """Write a report's ``files`` (by name) into its folder, the manifest after all others.

    A report of that name that is there is replaced: what is known of a month grows with the pin.
    """
    target = home / "reports" / name
    digests = {each: hashlib.sha256(content).hexdigest() for each, content in sorted(files.items())}
    told = {
        "report": name,
        "from": scope.first.isoformat(),
        "to": scope.last.isoformat(),
        "as_of": None if scope.as_of is None else scope.as_of.isoformat(),
        "pin": scope.pin,
        "bank": scope.bank,
        "files": {each: {"sha256": digest, "bytes": len(files[each])} for each, digest in digests.items()},
    }
    manifest = (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode()
    durable.write(target, {**files, MANIFEST: manifest}, MANIFEST)
    paths = {str(target / each): digest for each, digest in digests.items()}
    return Report(name, scope.first, scope.last, scope.as_of, scope.pin, target, paths)
