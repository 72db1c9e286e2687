"""The outbox: one folder a filing under ``<home>/outbox``; a filing is complete once its manifest is there."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

from reports import durable
from reports.errors import FilingNotFound, IncidentError
from reports.manifest import NAME


@dataclass(frozen=True)
class Filing:
    """A complete filing about a case, a business day or an act on an exemption; the other two are None.

    ``path`` is the file for the regulator, ``sha256`` its digest, ``pdf_path`` the pack where there is one,
    ``validity`` the words of the schema check; ``warnings`` are the rule book's, one line each.
    """

    filing_ref: str
    profile: str
    case_id: str | None
    business_day: date | None
    designation_id: str | None
    pin: int
    path: Path
    sha256: str
    manifest_path: Path
    pdf_path: Path | None
    validity: str
    warnings: tuple[str, ...]

    @property
    def about(self) -> str | date:
        """The case_id, the business day or the designation_id."""
        about = self.case_id or self.business_day or self.designation_id
        assert about is not None
        return about

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest, read from its file."""
        content: dict[str, Any] = json.loads(self.manifest_path.read_text(encoding="utf-8"))
        return content

    @property
    def seal(self) -> tuple[int, str] | None:
        """Number and link of the newest seal at the pin, as the manifest tells it; None where nothing was sealed."""
        told = self.manifest["ledger"].get("seal")
        return (told["number"], told["chain"]) if told else None


def folder(home: Path, filing_ref: str) -> Path:
    return home / "outbox" / filing_ref


def list_filings(home: Path) -> list[Filing]:
    """The complete filings of the outbox, by reference."""
    return [_filing(path) for path in _manifests(home)]


def _manifests(home: Path) -> list[Path]:
    return sorted((home / "outbox").glob(f"*/{NAME}"))


def lookup(home: Path, filing_ref: str) -> Filing | None:
    """The filing of that reference, None if there is no complete one."""
    # A reference is compared, never used as a path, so that it cannot lead out of the outbox.
    return next((_filing(path) for path in _manifests(home) if path.parent.name == filing_ref), None)


def find(home: Path, filing_ref: str) -> Filing:
    """The filing of that reference.

    Raises:
        FilingNotFound: there is no complete one.
    """
    found = lookup(home, filing_ref)
    if found is None:
        raise FilingNotFound(f"filing {filing_ref!r} is not in {home / 'outbox'}; 'vigil file' makes one")
    return found


def correction_of(home: Path, filing_ref: str) -> str:
    """The reference of a filing's correction, there or to be made: ``SAR-3F2A9C01B7D4-C1``; that of one is ``-C2``."""
    there = list_filings(home)
    made = [filing.filing_ref for filing in there if filing.manifest.get("corrects") == filing_ref]
    if made:
        return made[-1]
    first = re.sub(r"-C\d+$", "", filing_ref)
    taken = {filing.filing_ref for filing in there}
    return next(name for number in count(1) if (name := f"{first}-C{number}") not in taken)


def check_digests(filing: Filing) -> None:
    """Make sure that the files are those the manifest names.

    Raises:
        IncidentError: a file is missing or was altered.
    """
    for name, entry in filing.manifest["files"].items():
        path = filing.manifest_path.parent / name
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "missing"
        if digest != entry["sha256"]:
            raise IncidentError(
                f"filing {filing.filing_ref}: {path} has SHA-256 {digest}, its manifest says {entry['sha256']}. "
                "Keep both, and restore the file from a copy."
            )


def write(home: Path, filing_ref: str, files: Mapping[str, bytes | Path]) -> None:
    """Write ``files`` (by name) so that none is ever seen half written, the manifest after all others.

    A path is that of a file which lies on the disk of ``home`` and is taken from there.
    """
    durable.write(folder(home, filing_ref), files, NAME)


def _filing(manifest_path: Path) -> Filing:
    content = json.loads(manifest_path.read_text(encoding="utf-8"))
    names = list(content["files"])
    document = next(name for name in names if name.endswith(".xml"))
    pack = next((name for name in names if name.endswith(".pdf")), None)
    day = content.get("business_day")
    return Filing(
        filing_ref=content["filing_ref"],
        profile=content["profile"]["name"],
        case_id=content.get("case_id"),
        business_day=date.fromisoformat(day) if day else None,
        designation_id=content.get("designation_id"),
        pin=content["pin"],
        path=manifest_path.parent / document,
        sha256=content["files"][document]["sha256"],
        manifest_path=manifest_path,
        pdf_path=manifest_path.parent / pack if pack else None,
        validity=content["validation"]["schema"]["result"],
        warnings=tuple(
            f"{found['rule']} {found['field']}: {found['message']}"
            for found in content["validation"]["rule_book"]["warnings"]
        ),
    )
