"""Check a document against the regulator's XSD, where the site has it; the XSDs are not ours to ship."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lxml import etree

from lakehouse.settings import Settings
from reports.profile import Profile


@dataclass(frozen=True)
class SchemaResult:
    """``valid`` is None when the site has no schema; ``sha256`` is that of the XSD used."""

    valid: bool | None
    schema: str
    sha256: str | None
    faults: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.valid is None:
            return "not checked: no schema on this site"
        return "valid" if self.valid else f"invalid: {'; '.join(self.faults)}"


def folder(settings: Settings) -> Path | None:
    """Folder of the XSDs: VIGIL_SCHEMAS, or ``schemas`` in VIGIL_SHARED (``../shared``); None where neither is."""
    if settings.schemas is not None:
        return settings.schemas
    shared = Path(os.environ.get("VIGIL_SHARED") or "../shared") / "schemas"
    return shared if shared.is_dir() else None


def verify_schema(document: Path | bytes, profile: Profile, schemas: Path | None) -> SchemaResult:
    """Whether ``document`` (a file or its bytes) is valid under the profile's XSD in ``schemas``."""
    content = document.read_bytes() if isinstance(document, Path) else document
    return verify_tree(etree.fromstring(content), profile, schemas)


def verify_tree(root: etree._Element, profile: Profile, schemas: Path | None) -> SchemaResult:
    """The same of a document as a tree; a fault has no line if the tree was never read from one."""
    path = schemas / profile.schema if schemas is not None else None
    if path is None or not path.is_file():
        return SchemaResult(None, profile.schema, None)
    validator, digest = _validator(path, path.stat().st_mtime_ns)
    valid = validator.validate(root)
    faults = tuple(f"line {fault.line}: {fault.message}" for fault in validator.error_log)  # type: ignore[attr-defined]
    return SchemaResult(valid, profile.schema, digest, faults)


@cache
def _validator(path: Path, _: int) -> tuple[etree.XMLSchema, str]:
    content = path.read_bytes()
    return etree.XMLSchema(etree.fromstring(content)), hashlib.sha256(content).hexdigest()
