"""Make a filing: a function of its profile, its reference and the pin."""

from __future__ import annotations

import filecmp
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any

import duckdb

from lakehouse import snapshots
from lakehouse.settings import Settings
from reports import amendment, batch, manifest, outbox, pack, schema
from reports.batch import Batch
from reports.casefile import CaseFile
from reports.dayfile import DayFile
from reports.document import compose, serialise
from reports.errors import FilingExists, IncidentError, ReportError, RulesBroken, SchemaRejected
from reports.exemptfile import ExemptFile
from reports.narrative import narrative
from reports.outbox import Filing
from reports.profile import Profile, load
from reports.read import day_digests, read_case, read_day, read_exemption, with_accounts, with_told
from reports.rulebook import Violation
from reports.schema import SchemaResult

_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


def default_reference(profile: str, about: str | date) -> str:
    """The reference of a filing about a case, a business day or an act on an exemption when none is given.

    ``SAR-3F2A9C01B7D4`` for a case, ``CTR-20250203-3F2A9C`` for a day.
    """
    digest = hashlib.sha256(f"{profile}|{about}".encode()).hexdigest().upper()
    report = load(profile).report
    return f"{report}-{about:%Y%m%d}-{digest[:6]}" if isinstance(about, date) else f"{report}-{digest[:12]}"


def generate(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    about: str | date,
    profile: str,
    filing_ref: str | None = None,
    pin: int | None = None,
    corrects: str | None = None,
) -> Filing:
    """Make the filing of an approved case, a business day's cash or an exemption, and put it into the outbox.

    Asked again for a reference that the outbox has, it makes the same bytes from the same pin and leaves them alone.

    Args:
        connection: with the lake attached.
        settings: ``home`` holds the outbox; ``schemas`` the regulators' XSDs, where the site has them.
        about: a case_id, a business day or a designation_id, as the profile says.
        filing_ref: the bank's reference (letters, digits, ``.``, ``_``, ``-``); ``default_reference`` if None.
        pin: the snapshot to read; if None, that of the existing filing, else that at which the newest build ended.
        corrects: the reference of the filing that this one corrects; that of the existing filing if it exists.

    Raises:
        UnknownProfile, CaseNotReportable, DayNotReportable, ExemptionNotReportable, RulesBroken, SchemaRejected:
            nothing was written.
        FilingExists: the reference is taken by another case, day, act, profile or pin.
        IncidentError: the outbox holds other bytes than the pin gives today.
        lakehouse.errors.SnapshotGone: the pin is not in the lake.
        lakehouse.errors.NotBuilt: no pin was given, and no build has ended yet.
    """
    chosen = load(profile)
    reference = default_reference(profile, about) if filing_ref is None else filing_ref
    if not _REFERENCE.fullmatch(reference):
        raise ReportError(
            f"filing reference {reference!r} is not usable; it takes 1 to 60 letters, digits, '.', '_' or '-'"
        )
    existing = _existing(settings.home, reference, chosen, about, pin)
    if pin is None:
        pin = existing.pin if existing else snapshots.built(connection)
    if existing:
        corrects = existing.manifest.get("corrects")
    elif corrects is None and isinstance(about, date) and chosen.repeats:
        amendment.refuse_repetition(connection, chosen, about, pin)
    file = _read(connection, chosen, about, pin, corrects)
    settings.home.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=settings.home, prefix=".filing-") as folder:
        if isinstance(file, DayFile):
            files = _of_day(connection, settings, chosen, file, reference, Path(folder))
        elif isinstance(file, ExemptFile):
            files = _of_exemption(connection, settings, chosen, file, reference)
        else:
            files = _of_case(connection, settings, chosen, file, reference)
        if existing:
            _compare(existing, files)
        else:
            outbox.write(settings.home, reference, files)
    return outbox.find(settings.home, reference)


def preview(
    connection: duckdb.DuckDBPyConnection, about: str | date, profile: str, pin: int | None = None
) -> list[Violation]:
    """Everything the rule book says about a filing, errors and warnings, without making it."""
    chosen = load(profile)
    file = _read(connection, chosen, about, snapshots.built(connection) if pin is None else pin)
    reference = default_reference(profile, about)
    if isinstance(file, DayFile):
        return [found for part in batch.parts(chosen, file, reference) for found in part.violations]
    return compose(chosen, file, reference, _story(file))[1]


def refusal(
    connection: duckdb.DuckDBPyConnection, settings: Settings, about: str | date, profile: str, pin: int
) -> RulesBroken | SchemaRejected | None:
    """What would keep a filing from being made at ``pin``, without making it."""
    chosen = load(profile)
    file = _read(connection, chosen, about, pin)
    try:
        if isinstance(file, DayFile):
            with TemporaryFile() as nowhere:
                _written(settings, chosen, file, default_reference(profile, about), nowhere)
        else:
            _checked(settings, chosen, file, default_reference(profile, about), _story(file))
    except (RulesBroken, SchemaRejected) as refused:
        return refused
    return None


def read_again(
    connection: duckdb.DuckDBPyConnection, filing: Filing
) -> tuple[Profile, CaseFile | DayFile | ExemptFile, str]:
    """What an existing filing was made from: its profile, its rows at its pin, and its narrative."""
    chosen = load(filing.profile)
    file = _read(connection, chosen, filing.about, filing.pin, filing.manifest.get("corrects"))
    return chosen, file, _story(file)


def _story(file: CaseFile | DayFile | ExemptFile) -> str:
    return narrative(file) if isinstance(file, CaseFile) else ""


def _read(
    connection: duckdb.DuckDBPyConnection, profile: Profile, about: str | date, pin: int, corrects: str | None = None
) -> CaseFile | DayFile | ExemptFile:
    if isinstance(about, date) != (profile.about == "day"):
        other = {
            "case": "a case, not a business day",
            "day": "a business day, not a case",
            "exemption": "an act on an exemption, not a business day",
        }[profile.about]
        raise ReportError(f"profile {profile.name} files {other}, and {about} was asked for; choose another profile")
    if not isinstance(about, date):
        if profile.about == "exemption":
            return replace(read_exemption(connection, about, pin), corrects=corrects)
        case = replace(read_case(connection, about, pin), corrects=corrects)
        return with_told(connection, case) if profile.form == "fincen" else case
    file = replace(read_day(connection, about, pin), corrects=corrects)
    if corrects and profile.repeats:
        file = amendment.amended(connection, profile, file)
    return with_accounts(connection, file) if profile.form == "goaml" else file


def _checked(
    settings: Settings, profile: Profile, file: CaseFile | ExemptFile, reference: str, story: str
) -> tuple[bytes, list[Violation], SchemaResult]:
    """The file for the regulator, what the rule book warns of, and the schema's verdict."""
    root, violations = compose(profile, file, reference, story)
    subject = f"filing {reference} of {file.told} under {profile.name}"
    if any(violation.severity == "error" for violation in violations):
        raise RulesBroken(subject, violations)
    content = serialise(root)
    checked = schema.verify_schema(content, profile, schema.folder(settings))
    if checked.valid is False:
        raise SchemaRejected(subject, checked.faults)
    return content, violations, checked


def _written(settings: Settings, profile: Profile, file: DayFile, reference: str, target: IO[bytes]) -> Batch:
    """A day's cash as ``_checked`` makes a case's file."""
    made = batch.write(profile, file, reference, schema.folder(settings), target)
    subject = f"filing {reference} of business day {file.business_day} under {profile.name}"
    if any(violation.severity == "error" for violation in made.violations):
        raise RulesBroken(subject, made.violations)
    if made.schema.valid is False:
        raise SchemaRejected(subject, made.schema.faults)
    return made


def _of_case(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    profile: Profile,
    file: CaseFile,
    reference: str,
) -> dict[str, bytes | Path]:
    """The filing's files by name, checked."""
    story = narrative(file)
    content, violations, checked = _checked(settings, profile, file, reference, story)
    files: dict[str, bytes] = {
        f"{reference}.xml": content,
        f"{reference}.pdf": pack.render(profile, file, reference, story, hashlib.sha256(content).hexdigest()),
    }
    described = manifest.describe(
        profile, file, reference, files, manifest.ledger_at(connection, file.pin), violations, checked
    )
    return {**files, manifest.NAME: manifest.encode(described)}


def _of_exemption(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    profile: Profile,
    file: ExemptFile,
    reference: str,
) -> dict[str, bytes | Path]:
    """The same of an exemption, of which there is no pack."""
    content, violations, checked = _checked(settings, profile, file, reference, "")
    files: dict[str, bytes] = {f"{reference}.xml": content}
    described = manifest.describe_exemption(
        profile, file, reference, files, manifest.ledger_at(connection, file.pin), violations, checked
    )
    return {**files, manifest.NAME: manifest.encode(described)}


def _of_day(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    profile: Profile,
    file: DayFile,
    reference: str,
    folder: Path,
) -> dict[str, bytes | Path]:
    """The same of a day, whose file may be too large for the memory and is written into ``folder``."""
    name = f"{reference}.xml"
    with (folder / name).open("wb") as target:
        made = _written(settings, profile, file, reference, target)
    ledger = manifest.ledger_at(connection, file.pin)
    digest = day_digests(connection, file.pin)[file.business_day]
    described = manifest.describe_day(profile, file, reference, name, made, ledger, digest)
    return {name: folder / name, manifest.NAME: manifest.encode(described)}


def _existing(home: Path, reference: str, profile: Profile, about: str | date, pin: int | None) -> Filing | None:
    found = outbox.lookup(home, reference)
    if found is None:
        return None
    asked = (profile.name, about, found.pin if pin is None else pin)
    there = (found.profile, found.about, found.pin)
    if asked != there:
        raise FilingExists(
            f"filing {reference} exists for profile {there[0]}, {profile.about} {there[1]}, pin {there[2]}, and was "
            f"asked for profile {asked[0]}, {profile.about} {asked[1]}, pin {asked[2]}. "
            "Leave the pin out, or choose another reference."
        )
    return found


def _compare(existing: Filing, files: Mapping[str, bytes | Path]) -> None:
    """Make sure that the outbox holds what the pin gives; sites differ only in whether they have the schema."""
    for name, content in files.items():
        path = existing.manifest_path.parent / name
        if not path.is_file() or not _same(path, content):
            raise IncidentError(
                f"filing {existing.filing_ref}: {path} differs from what pin {existing.pin} gives now. Either the file "
                "or the pin's data was altered, or this release prints otherwise than the one that made it. "
                "Nothing was overwritten; compare with a copy of the file and with the release that made it."
            )


def _same(there: Path, content: bytes | Path) -> bool:
    if isinstance(content, Path):
        return filecmp.cmp(there, content, shallow=False)
    if there.name == manifest.NAME:
        return bool(_comparable(there.read_bytes()) == _comparable(content))
    return there.read_bytes() == content


def _comparable(content: bytes) -> Any:
    try:
        described = json.loads(content)
    except ValueError:
        return None
    described["validation"].pop("schema", None)
    return described
