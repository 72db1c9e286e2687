"""A profile whose files change gets another version, since a filing names that by which it was made."""

from __future__ import annotations

import csv
import hashlib
import os

import pytest

from reports.profile import PROFILES, load, names

VERSIONS = PROFILES / "versions.csv"


def digest(name: str) -> str:
    """One digest of all files that make the profile, those of the profiles that it extends among them."""
    told = "".join(f"{file} {sha256}\n" for file, sha256 in sorted(load(name).digests.items()))
    return hashlib.sha256(told.encode()).hexdigest()


def recorded() -> dict[tuple[str, str], str]:
    """Digest by profile and version."""
    with VERSIONS.open(encoding="utf-8", newline="") as file:
        return {(row["profile"], row["version"]): row["sha256"] for row in csv.DictReader(file)}


@pytest.mark.parametrize("name", names())
def test_the_files_of_a_profile_are_those_of_its_version(name: str) -> None:
    known, version = recorded(), load(name).version
    if os.environ.get("VIGIL_WRITE_SNAPSHOTS") and (name, version) not in known:
        known[name, version] = digest(name)
        rows = [",".join((*key, sha256)) for key, sha256 in sorted(known.items())]
        VERSIONS.write_text("\n".join(["profile,version,sha256", *rows, ""]), encoding="utf-8")
    assert known.get((name, version)) == digest(name), (
        f"the files of {name} are not those of its version {version}: raise 'version' in its profile.yml and in those "
        "of the profiles that extend it, and record the new one by this test with VIGIL_WRITE_SNAPSHOTS=1"
    )
