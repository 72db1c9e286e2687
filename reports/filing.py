"""Make a filing: a function of its profile, its reference and the pin."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import duckdb

from lakehouse import snapshots
from lakehouse.settings import Settings
from reports import manifest, outbox, pack, schema
from reports.casefile import CaseFile
from reports.document import compose, serialise
from reports.errors import FilingExists, IncidentError, ReportError, RulesBroken, SchemaRejected
from reports.narrative import narrative
from reports.outbox import Filing
from reports.profile import Profile, load
from reports.read import read_case
from reports.rulebook import Violation
from reports.schema import SchemaResult

_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


def default_reference(profile: str, case_id: str) -> str:
    """The reference of a case's filing under a profile when none is given: ``SAR-3F2A9C01B7D4``."""
    digest = hashlib.sha256(f"{profile}|{case_id}".encode()).hexdigest()
    return f"{load(profile).report}-{digest[:12].upper()}"


def generate(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    case_id: str,
    profile: str,
    filing_ref: str | None = None,
    pin: int | None = None,
) -> Filing:
    """Make the filing of an approved case and put it into the outbox.

    Asked again for a reference that the outbox has, it makes the same bytes from the same pin and leaves them alone.

    Args:
        connection: with the lake attached.
        settings: ``home`` holds the outbox; ``schemas`` the regulators' XSDs, where the site has them.
        filing_ref: the bank's reference (letters, digits, ``.``, ``_``, ``-``); ``default_reference`` if None.
        pin: the snapshot to read; if None, that of the existing filing, else that at which the newest build ended.

    Raises:
        UnknownProfile, CaseNotReportable, RulesBroken, SchemaRejected: nothing was written.
        FilingExists: the reference is taken by another case, profile or pin.
        IncidentError: the outbox holds other bytes than the pin gives today.
        lakehouse.errors.SnapshotGone: the pin is not in the lake.
        lakehouse.errors.NotBuilt: no pin was given, and no build has ended yet.
    """
    chosen = load(profile)
    reference = default_reference(profile, case_id) if filing_ref is None else filing_ref
    if not _REFERENCE.fullmatch(reference):
        raise ReportError(
            f"filing reference {reference!r} is not usable; it takes 1 to 60 letters, digits, '.', '_' or '-'"
        )
    existing = _existing(settings.home, reference, chosen, case_id, pin)
    if pin is None:
        pin = existing.pin if existing else snapshots.built(connection)
    file = read_case(connection, case_id, pin)
    files = _files(connection, settings, chosen, file, reference)
    if existing:
        _compare(existing, files)
    else:
        outbox.write(settings.home, reference, files)
    return outbox.find(settings.home, reference)


def preview(
    connection: duckdb.DuckDBPyConnection, case_id: str, profile: str, pin: int | None = None
) -> list[Violation]:
    """Everything the rule book says about a case's filing, errors and warnings, without making it."""
    file = read_case(connection, case_id, snapshots.built(connection) if pin is None else pin)
    return compose(load(profile), file, default_reference(profile, case_id), narrative(file))[1]


def refusal(
    connection: duckdb.DuckDBPyConnection, settings: Settings, case_id: str, profile: str, pin: int
) -> RulesBroken | SchemaRejected | None:
    """What would keep a case's filing from being made at ``pin``, without making it."""
    file = read_case(connection, case_id, pin)
    try:
        _checked(settings, load(profile), file, default_reference(profile, case_id), narrative(file))
    except (RulesBroken, SchemaRejected) as refused:
        return refused
    return None


def _checked(
    settings: Settings, profile: Profile, file: CaseFile, reference: str, story: str
) -> tuple[bytes, list[Violation], SchemaResult]:
    """The file for the regulator, what the rule book warns of, and the schema's verdict."""
    root, violations = compose(profile, file, reference, story)
    subject = f"filing {reference} of case {file.case_id} under {profile.name}"
    if any(violation.severity == "error" for violation in violations):
        raise RulesBroken(subject, violations)
    content = serialise(root)
    checked = schema.verify_schema(content, profile, schema.folder(settings))
    if checked.valid is False:
        raise SchemaRejected(subject, checked.faults)
    return content, violations, checked


def _files(
    connection: duckdb.DuckDBPyConnection, settings: Settings, profile: Profile, file: CaseFile, reference: str
) -> dict[str, bytes]:
    """The filing's files by name, checked."""
    story = narrative(file)
    content, violations, checked = _checked(settings, profile, file, reference, story)
    files = {
        f"{reference}.xml": content,
        f"{reference}.pdf": pack.render(profile, file, reference, story, hashlib.sha256(content).hexdigest()),
    }
    described = manifest.describe(
        profile, file, reference, files, manifest.ledger_at(connection, file.pin), violations, checked
    )
    return {**files, manifest.NAME: manifest.encode(described)}


def _existing(home: Path, reference: str, profile: Profile, case_id: str, pin: int | None) -> Filing | None:
    found = next((filing for filing in outbox.list_filings(home) if filing.filing_ref == reference), None)
    if found is None:
        return None
    asked = (profile.name, case_id, found.pin if pin is None else pin)
    there = (found.profile, found.case_id, found.pin)
    if asked != there:
        raise FilingExists(
            f"filing {reference} exists for profile {there[0]}, case {there[1]}, pin {there[2]}, and was asked for "
            f"profile {asked[0]}, case {asked[1]}, pin {asked[2]}. Leave the pin out, or choose another reference."
        )
    return found


def _compare(existing: Filing, files: dict[str, bytes]) -> None:
    """Make sure that the outbox holds what the pin gives; sites differ only in whether they have the schema."""
    for name, content in files.items():
        path = existing.manifest_path.parent / name
        there = path.read_bytes() if path.is_file() else b""
        same = _comparable(there) == _comparable(content) if name == manifest.NAME else there == content
        if not same:
            raise IncidentError(
                f"filing {existing.filing_ref}: {path} differs from what pin {existing.pin} gives now. Either the file "
                "or the pin's data was altered, or this release prints otherwise than the one that made it. "
                "Nothing was overwritten; compare with a copy of the file and with the release that made it."
            )


def _comparable(content: bytes) -> Any:
    try:
        described = json.loads(content)
    except ValueError:
        return None
    described["validation"].pop("schema", None)
    return described
