"""The catalog goes away during a commit of upkeep, or the process does: no row is lost, and files are put back."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import queue
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import duckdb
import pytest
from chaos_proxy import Cut, Proxy
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from lakehouse.attach import connect
from lakehouse.errors import NoSecondNames
from lakehouse.schema import prepare
from lakehouse.second_names import FOLDER, KEPT, SecondNames
from lakehouse.settings import Settings
from lakehouse.upkeep import Upkeep, keep_up
from local.ports import LOOPBACK
from sinks import Event, SinkConfig, Step, remove_orphans
from sinks.clock import utc_now
from sinks.tending import Tending

AT_ONCE: dict[str, Any] = {"keep": timedelta(0), "readers": timedelta(0), "enough": 2}
STEPS = [
    ("update lake.ledger.upkeep set holder", None),
    ("call ducklake_flush_inlined_data", "numbers"),
    ("call ducklake_merge_adjacent_files", "numbers"),
    ("call ducklake_flush_inlined_data", "registry"),
    ("call ducklake_rewrite_data_files", "registry"),
    ("call ducklake_expire_snapshots", None),
    ("call ducklake_cleanup_old_files", None),
    ("update lake.ledger.upkeep set held_until = null", None),
]
DIES = """
import json, os, signal, sys
from datetime import timedelta
from pathlib import Path
from lakehouse.attach import connect
from lakehouse.second_names import FOLDER
from lakehouse.settings import Settings
from lakehouse.upkeep import keep_up
from sinks.clock import utc_now

settings, where = Settings.model_validate(json.loads(sys.argv[1])), sys.argv[2]
connection = connect(settings)

class Dies:
    def execute(self, sql, values=None):
        is_due = sql == "commit" and any(Path(settings.lake_data_path, FOLDER).glob("*"))
        if not is_due or where == "behind commit":
            done = connection.execute(sql, values)
        if is_due:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

keep_up(Dies(), "dies", utc_now(), keep=timedelta(0))
"""


class Struck:
    """A connection that tells of the first statement ``sql`` before it is executed."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, sql: str, value: Any, strike: Callable[[], None]) -> None:
        self._connection, self._sql, self._value, self._strike = connection, sql, value, strike
        self._has_struck = False

    def execute(self, sql: str, values: Any = None) -> duckdb.DuckDBPyConnection:
        if not self._has_struck and sql.strip().startswith(self._sql) and self._value in (None, *(values or ())):
            self._has_struck = True
            self._strike()
        return self._connection.execute(sql, values)


class Lake:
    """A lake with a table of numbers, and a connection to it that nothing cuts."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.data = Path(settings.lake_data_path)
        self.connection = connect(settings)
        prepare(self.connection, [])
        self.connection.execute("create table lake.landing.numbers (number integer)")
        self.rows = 0

    def add(self) -> None:
        """A small file of the next numbers, two rows in the catalog, and a deletion of a row of the ledger."""
        for count in (298, 2):
            self.connection.execute(
                "insert into lake.landing.numbers select range from range(?::integer, ?::integer)",
                [self.rows, self.rows + count],
            )
            self.rows += count
        self.connection.execute("update lake.ledger.registry set registrations = registrations + 1")

    def tidy(self, later: timedelta = timedelta(0)) -> Upkeep | None:
        return keep_up(self.connection, "test", utc_now() + later, **AT_ONCE)

    def is_whole(self) -> bool:
        """Whether each number is there once, read from the files by somebody new, and no file is missing."""
        with connect(self.settings) as connection:
            sql = "select count(number), count(distinct number), max(number) + 1 from lake.landing.numbers"
            counted = connection.execute(f"{sql} where number >= 0").fetchone()
        return counted == (self.rows, self.rows, self.rows) and not self.missing()

    def missing(self) -> set[str]:
        """Files that the catalog names and that are not there."""
        rows = self.connection.execute(
            "select parse_filename(path) from __ducklake_metadata_lake.ducklake_data_file union all "
            "select parse_filename(path) from __ducklake_metadata_lake.ducklake_delete_file"
        ).fetchall()
        return {row[0] for row in rows} - {path.name for path in self.data.rglob("*.parquet")}

    def second_names(self) -> list[Path]:
        return list((self.data / FOLDER).glob("*"))


@pytest.fixture
def lake(catalog: tuple[str, Path]) -> Iterator[Lake]:
    made = Lake(Settings(home=catalog[1].parent, catalog=catalog[0], data_path=str(catalog[1])))
    yield made
    made.connection.close()


@pytest.mark.timeout(600)  # half a minute on a quiet machine
@pytest.mark.parametrize("cut", list(Cut))
def test_a_commit_of_each_step_breaks_off(lake: Lake, cut: Cut) -> None:
    words = conninfo_to_dict(str(lake.settings.catalog).removeprefix("postgres:"))
    restored = 0
    with Proxy(f"{words['host']}/.s.PGSQL.{words['port']}") as proxy:
        words |= {"host": LOOPBACK, "port": str(proxy.port), "sslmode": "disable", "gssencmode": "disable"}
        through = lake.settings.model_copy(update={"catalog": f"postgres:{make_conninfo('', **words)}"})
        for number, (sql, value) in enumerate(STEPS):
            lake.add()
            connection = connect(through)
            struck = Struck(connection, sql, value, lambda: proxy.arm(cut, delay=0.3))
            with contextlib.suppress(duckdb.Error):
                done = keep_up(cast(duckdb.DuckDBPyConnection, struck), "test", utc_now(), **AT_ONCE)
                restored += done.restored_files if done else 0
            with contextlib.suppress(duckdb.Error):
                connection.close()
            # A late commit of the lease may conflict with the first.
            again = lake.tidy() or lake.tidy()
            # Counted by then: a late one is struck before the lease could be taken.
            assert proxy.cuts[cut] == number + 1, (sql, value)
            assert again is not None, "its own lease does not hold it up"
            restored += again.restored_files
            assert lake.is_whole(), (sql, value)
    assert (restored > 0) is (cut is not Cut.UNSENT), restored
    assert lake.tidy(2 * KEPT) is not None
    assert lake.second_names() == []
    assert lake.is_whole()


@pytest.mark.parametrize("where", ["before commit", "behind commit"])
def test_the_process_is_killed_around_a_commit(lake: Lake, where: str) -> None:
    lake.add()
    order = json.dumps(lake.settings.model_dump(mode="json"))
    ended = subprocess.run([sys.executable, "-c", DIES, order, where], check=False, capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    (names,) = lake.second_names()
    assert lake.is_whole()
    if where == "behind commit":
        # As DuckLake would, had it lived and heard no answer.
        flushed = list(names.rglob("*.kept"))
        for path in flushed:
            (lake.data / path.relative_to(names).with_suffix("")).unlink()
        assert len(lake.missing()) == len(flushed) > 0
        # The next sink puts them back at once, though the lease of the dead process still holds.
        told: queue.Queue[Event] = queue.Queue()
        with Tending(SinkConfig(topics=("any",)), lake.settings, utc_now, told.put):
            assert told.get(timeout=60).step is Step.RESTORED
    assert lake.tidy() is None
    assert lake.is_whole()
    assert lake.second_names() == [names], "another process may be about to need them"
    remove_orphans(lake.settings, utc_now() + KEPT)
    assert lake.second_names() == []
    assert not [path for path in lake.data.rglob("*") if path.is_file() and path.suffix != ".parquet"]
    assert lake.is_whole()


@pytest.mark.parametrize("error", [None, errno.EPERM, errno.EXDEV, errno.ENOSPC])
def test_file_systems_with_and_without_hard_links(
    lake: Lake, error: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.add()
    lake.tidy()
    lake.add()

    def refuse(*_: object) -> None:
        raise OSError(error, os.strerror(error or 0))

    if error is not None:
        monkeypatch.setattr(os, "link", refuse)

    class Forgets:
        """Commits, and behaves as DuckLake does when it hears no answer."""

        def execute(self, sql: str, values: Any = None) -> duckdb.DuckDBPyConnection:
            before = set(lake.data.rglob("ducklake-*.parquet"))
            done = lake.connection.execute(sql, values)
            if sql != "commit":
                self.written = set(lake.data.rglob("ducklake-*.parquet")) - before
                return done
            for path in self.written:
                path.unlink()
            raise duckdb.TransactionException("no answer")

    connection, names = cast(duckdb.DuckDBPyConnection, Forgets()), SecondNames(str(lake.data))

    def merge() -> object:
        return connection.execute("call ducklake_merge_adjacent_files('lake', 'numbers', schema => 'landing')")

    with pytest.raises(OSError if error == errno.ENOSPC else duckdb.TransactionException):
        names.commit(connection, ["landing/numbers"], merge)
    if error == errno.ENOSPC:
        assert lake.is_whole()
        return
    assert len(lake.missing()) == 1
    assert names.put_back(lake.connection, utc_now() - KEPT) == 1
    assert names.put_back(lake.connection, utc_now() - KEPT) == 0
    assert lake.is_whole()


def test_a_data_path_that_is_no_folder_is_refused() -> None:
    with pytest.raises(NoSecondNames, match="s3://bucket/lake"):
        SecondNames("s3://bucket/lake/")
