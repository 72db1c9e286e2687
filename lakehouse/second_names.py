"""A second name for each file that a commit of DuckLake's own is about to bring, in case its answer is lost.

When the catalog goes away between taking a COMMIT and answering it, DuckLake takes the commit for failed and removes
the files it wrote, though the catalog names them by then. A hard link keeps what is in them, and they are put back.
Where the file system has no hard links it is a copy.
"""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import duckdb

from lakehouse.errors import NoSecondNames
from lakehouse.transactions import transaction

T = TypeVar("T")

# Inside the data path, as what is beside it may be another file system. DuckLake's removal of orphans looks at all
# folders, but takes only names that end in ".parquet".
FOLDER = ".second_names"
_SUFFIX = ".kept"
_HALF = ".half"
# Longer than a commit is under way: what the catalog does not name by then, it never will.
KEPT = timedelta(hours=1)
# What file systems say that have no hard links, forbid them, or are two.
_NO_LINKS = {errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}


class SecondNames:
    """Second names of files below ``data_path``, one folder a transaction: ``.second_names/<id>/<path>.kept``.

    Any number of processes may use them at once.

    Raises:
        NoSecondNames: the data path is no folder.
    """

    def __init__(self, data_path: str) -> None:
        if "://" in data_path:
            raise NoSecondNames(
                f"the lake's data path {data_path!r} is no folder, so files that a commit brings can have no second "
                "name, and would be lost if the catalog's answer to it were. The lake is neither tidied nor rewound."
            )
        self._data = Path(data_path)
        self._folder = self._data / FOLDER

    def commit(self, connection: duckdb.DuckDBPyConnection, folders: Collection[str], work: Callable[[], T]) -> T:
        """The result of ``work()``, which is committed; the files it wrote have second names until that is certain.

        Args:
            folders: those below the data path into which it writes.

        Raises:
            duckdb.Error: of ``work`` or of the commit. If it is the latter's, the names stay for ``put_back``.
            OSError: a file could not be given a second name; nothing is committed.
        """
        before = self._files(folders)
        names = self._folder / uuid.uuid4().hex
        with transaction(connection):
            try:
                result = work()
                # Those that others have written meanwhile do no harm.
                for file in self._files(folders) - before:
                    second = self._second(names, file)
                    _give(file, second, second)
            except BaseException:
                shutil.rmtree(names, ignore_errors=True)
                raise
        shutil.rmtree(names, ignore_errors=True)
        return result

    def left(self) -> bool:
        """Whether there are second names of commits whose outcome was not certain."""
        return bool(self._transactions())

    def put_back(self, connection: duckdb.DuckDBPyConnection, before: datetime) -> int:
        """Put back each file that the catalog names and that is missing, and return how many those were.

        What is certain is certain for ever, so any process may do so at any time. Afterwards names are dropped that
        were given before ``before`` (naive UTC); it should be ``KEPT`` ago, as another process may be about to lose
        the answer to its commit.
        """
        count = 0
        for names in self._transactions():
            seconds = {self._first(names, path): path for path in _files(names) if path.name.endswith(_SUFFIX)}
            given = _given(names)
            named = _named(connection, [each.name for each in seconds])
            for first, second in seconds.items():
                count += first.name in named and _give(second, first, second)
            if given is not None and given < before:
                shutil.rmtree(names, ignore_errors=True)
        return count

    def _files(self, folders: Collection[str]) -> set[Path]:
        return {file for folder in folders for file in _files(self._data / folder)}

    def _second(self, names: Path, first: Path) -> Path:
        return names / first.relative_to(self._data).with_name(first.name + _SUFFIX)

    def _first(self, names: Path, second: Path) -> Path:
        return self._data / second.relative_to(names).with_name(second.name.removesuffix(_SUFFIX))

    def _transactions(self) -> list[Path]:
        try:
            return list(self._folder.iterdir())
        except FileNotFoundError:
            return []


def _named(connection: duckdb.DuckDBPyConnection, names: list[str]) -> set[str]:
    """Those of these file names, each of which is unique, that the catalog has in any snapshot."""
    rows = connection.execute(
        """
        select parse_filename(path) from __ducklake_metadata_lake.ducklake_data_file
        where list_contains($names, parse_filename(path))
        union
        select parse_filename(path) from __ducklake_metadata_lake.ducklake_delete_file
        where list_contains($names, parse_filename(path))
        """,
        {"names": names},
    ).fetchall()
    return {row[0] for row in rows}


def _given(names: Path) -> datetime | None:
    """When a transaction's names were given, naive UTC by the file system's clock; None if they are gone."""
    try:
        return datetime.fromtimestamp(names.stat().st_mtime, UTC).replace(tzinfo=None)
    except FileNotFoundError:
        return None


def _files(folder: Path) -> Iterator[Path]:
    """All files below ``folder``; others may add and remove folders meanwhile."""
    for path, _, files in os.walk(folder):
        yield from (Path(path, each) for each in files)


def _give(file: Path, name: Path, second: Path) -> bool:
    """Give ``file`` another ``name``; whether it did not have it already, and was still there.

    ``second`` is whichever of both is the second name: what is half copied lies beside it.
    """
    name.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, name)
    except (FileExistsError, FileNotFoundError):
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _copy(file, name, second.with_name(f"{second.name}.{uuid.uuid4().hex}{_HALF}"))
    return True


def _copy(file: Path, name: Path, half: Path) -> bool:
    if name.exists():
        return False
    try:
        shutil.copyfile(file, half)
    except FileNotFoundError:
        return False
    half.replace(name)
    return True
