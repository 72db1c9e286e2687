"""Whether a filing is what it was, and can be made again from what it was made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import duckdb

from lakehouse.errors import LakeError
from lakehouse.settings import Settings
from reports.errors import ReportError
from reports.filing import generate
from reports.outbox import Filing, check_digests
from reports.profile import load
from reports.trace import trace


@dataclass(frozen=True)
class Check:
    """One thing that was verified; ``detail`` says what was found."""

    name: str
    held: bool
    detail: str


def verify(connection: duckdb.DuckDBPyConnection, settings: Settings, filing: Filing) -> list[Check]:
    """The files against the manifest, the bytes against what the pin gives now, each movement against landing."""
    return [
        _check("files", lambda: _files(filing)),
        _check("made again", lambda: _again(connection, settings, filing)),
        _check("trace", lambda: f"{len(trace(connection, filing)):,} movements found at their offsets"),
    ]


def _check(name: str, work: Callable[[], str]) -> Check:
    try:
        return Check(name, True, work())
    except (ReportError, LakeError) as error:
        return Check(name, False, str(error))


def _files(filing: Filing) -> str:
    check_digests(filing)
    return f"{len(filing.manifest['files'])} files have the SHA-256 of the manifest"


def _again(connection: duckdb.DuckDBPyConnection, settings: Settings, filing: Filing) -> str:
    named, today = filing.manifest["profile"], load(filing.profile)
    if named["files"] != today.digests:
        raise ReportError(
            f"filing {filing.filing_ref} was made under version {named['version']} of profile {filing.profile}, whose "
            f"files are not those of this release (version {today.version}); make it again with the release of then"
        )
    generate(connection, settings, filing.about, filing.profile, filing.filing_ref, filing.pin)
    return f"snapshot {filing.pin} gives the same bytes"
