"""Killed at any moment, the outbox holds a whole filing or none; the next run completes it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import reporting_lake as lakes
from reporting_case import CASE
from reporting_lake import Lake

from reports import check_digests, generate, list_filings
from reports.errors import FilingNotFound
from reports.outbox import find

stored, lake = lakes.stored, lakes.lake

# The process dies by its own hand in the n-th of the calls that put a filing onto the disk, without cleaning up.
_KILLED = """
import os, sys
from pathlib import Path
from reports import outbox
home, reference, call, fatal = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
real, calls = getattr(os, call), 0
def dying(*arguments, **options):
    global calls
    calls += 1
    if calls == fatal:
        os.kill(os.getpid(), 9)
    return real(*arguments, **options)
setattr(os, call, dying)
files = {path.name: path.read_bytes() for path in (Path(sys.argv[5])).iterdir()}
outbox.write(home, reference, files)
print("whole")
"""


@pytest.mark.parametrize(("call", "fatal"), [("fsync", 1), ("replace", 2), ("fsync", 5), ("replace", 3)])
def test_a_killed_writer_leaves_no_filing_that_is_not_whole(lake: Lake, tmp_path: Path, call: str, fatal: int) -> None:
    connection, settings = lake
    model = settings.model_copy(update={"home": tmp_path / "model"})
    made = generate(connection, model, CASE, "fincen-sar")

    home = tmp_path / "home"
    died = subprocess.run(
        [sys.executable, "-c", _KILLED, str(home), made.filing_ref, call, str(fatal), str(made.path.parent)],
        capture_output=True,
        check=False,
    )
    assert died.returncode == -9, died.stderr
    assert b"whole" not in died.stdout

    assert list_filings(home) == []
    with pytest.raises(FilingNotFound, match=made.filing_ref):
        find(home, made.filing_ref)
    # What is there under its own name is whole.
    for path in (home / "outbox" / made.filing_ref).iterdir():
        if not path.name.startswith("."):
            assert path.read_bytes() == (made.path.parent / path.name).read_bytes()

    whole = generate(connection, settings.model_copy(update={"home": home}), CASE, "fincen-sar", pin=made.pin)
    check_digests(whole)
    assert whole.manifest == made.manifest
