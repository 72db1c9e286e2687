"""One PostgreSQL 18 server on a socket, with all its state in `<home>/postgres`; the lake's catalog lives in it."""

import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from local import postgres_binaries, processes
from local.errors import ServiceFailed
from local.readiness import answers

DATABASE = "vigil"
USER = "postgres"
PORT = 5432  # no TCP port: only a part of the socket's name
READY_SECONDS = 120.0
POLL_SECONDS = 0.05
STOP_SECONDS = 60.0
SOCKET_PATH_LIMIT = 100  # bytes; the system's limit is 103 on macOS, 107 on Linux
SETTINGS = {
    "listen_addresses": "",
    "port": PORT,
    # Sinks, builds and analysts each hold several connections in DuckDB's pool.
    "max_connections": 200,
    "shared_buffers": "128MB",
}


@dataclass(frozen=True)
class Postgres:
    """The server of `home` (an absolute path). Making one reads and starts nothing."""

    home: Path

    @property
    def log(self) -> Path:
        """The server's log."""
        return self._folder / "server.log"

    def process(self) -> psutil.Process | None:
        """The running postmaster of this home, or None."""
        return processes.find(self._pid_file, "postgres", str(self._data))

    def connection_string(self, database: str = DATABASE) -> str:
        """What libpq needs to reach `database` on this server."""
        return make_conninfo(host=str(self._socket_folder), port=PORT, user=USER, dbname=database)

    def catalog(self, database: str = DATABASE) -> str:
        """`database` as DuckLake names a catalog: `postgres:` and a libpq connection string."""
        return f"postgres:{self.connection_string(database)}"

    def launch(self, progress: Callable[[str], None]) -> None:
        """Start the server without waiting for it; its data folder is made the first time.

        Raises ServiceFailed when that fails.
        """
        user = postgres_binaries.system_user()
        self._folder.mkdir(parents=True, exist_ok=True)
        if not self._data.is_dir():
            self._initialise(user, progress)
        if user:
            postgres_binaries.let_pass(self._data)
        self._clear_leftovers()
        self._make_socket_folder(user)
        progress("PostgreSQL: starting")
        settings = {**SETTINGS, "unix_socket_directories": f'"{self._socket_folder}"'}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        program = str(postgres_binaries.folder() / "postgres")
        processes.start([program, "-D", str(self._data), *options], self.log, self._data, user)

    def wait_until_ready(self, seconds: float = READY_SECONDS) -> str:
        """Wait until the server answers and has the database `vigil`; returns its catalog string.

        Raises ServiceFailed when the server has ended, ServiceTimeout when it does not answer in `seconds`.
        """
        if not answers("PostgreSQL", self._socket_folder, self.process, self.is_ready, seconds, self.log):
            raise ServiceFailed(f"PostgreSQL in {self._folder} ended before it answered. {processes.tail(self.log)}")
        self.create_database(DATABASE)
        return self.catalog()

    def is_ready(self) -> bool:
        """Whether the server answers `select 1`."""
        try:
            with psycopg.connect(self.connection_string("postgres"), connect_timeout=2) as connection:
                return connection.execute("select 1").fetchone() == (1,)
        except psycopg.OperationalError:
            return False

    def create_database(self, name: str) -> None:
        """Make the database `name` unless it exists."""
        with psycopg.connect(self.connection_string("postgres"), autocommit=True) as connection:
            found = connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone()
            if found is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))

    def stop(self, progress: Callable[[str], None]) -> bool:
        """Stop the server, breaking off its clients' transactions ("fast"); False when none ran."""
        process = self.process()
        if process is None:
            return False
        progress("PostgreSQL: stopping")
        processes.stop(process, STOP_SECONDS, signal.SIGINT)
        if self._socket_folder != self._data:
            with suppress(OSError):  # a killed server leaves its socket in it, which the next start replaces
                self._socket_folder.rmdir()
        return True

    def _initialise(self, user: str | None, progress: Callable[[str], None]) -> None:
        """Make the data folder; it gets its name only when it is complete."""
        progress(f"PostgreSQL: making the data folder {self._data}")
        unfinished = self._folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if user:
            postgres_binaries.let_pass(unfinished)
            shutil.chown(unfinished, user, user)
        command = [
            str(postgres_binaries.folder() / "initdb"),
            "--auth=trust",  # the socket's folder is closed to everybody but the owner
            "--encoding=UTF8",
            "--no-locale",
            f"--username={USER}",
            f"--pgdata={unfinished}",
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd="/", user=user, group=user, extra_groups=[] if user else None
        )
        if done.returncode != 0:
            raise ServiceFailed(f"PostgreSQL could not make {self._data}: {done.stdout}{done.stderr}")
        unfinished.rename(self._data)

    def _clear_leftovers(self) -> None:
        """After a server that was killed: wait for its children, and drop lock files whose pid is now another's.

        PostgreSQL sees through a dead pid by itself, but takes any living process of this user for a server.
        """
        deadline = time.monotonic() + READY_SECONDS
        while orphans := self._orphans():
            if time.monotonic() > deadline:
                raise ServiceFailed(
                    f"PostgreSQL in {self._folder} was killed, but its processes {orphans} have not ended; end them."
                )
            time.sleep(POLL_SECONDS)
        for lock in (self._pid_file, self._socket_folder / f".s.PGSQL.{PORT}.lock"):
            pid = processes.read_pid(lock)
            if pid is not None and psutil.pid_exists(pid):
                lock.unlink()

    def _orphans(self) -> list[int]:
        found = []
        for process in psutil.process_iter(["name"]):
            try:
                if process.info["name"] == "postgres" and process.cwd() == str(self._data):
                    found.append(process.pid)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found

    @property
    def _socket_folder(self) -> Path:
        """The data folder, or for a path too long for a socket a closed folder among the temporary files."""
        if len(os.fsencode(self._data / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_LIMIT:
            return self._data
        name = hashlib.sha256(os.fsencode(self._data)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"vigil-{os.geteuid()}-{name}"

    def _make_socket_folder(self, user: str | None) -> None:
        folder = self._socket_folder
        if folder == self._data:
            return
        folder.mkdir(mode=0o700, exist_ok=True)
        owner = folder.owner()
        if user and owner == "root":
            shutil.chown(folder, user, user)
        elif folder.is_symlink() or folder.stat().st_uid != self._data.stat().st_uid:
            raise ServiceFailed(f"PostgreSQL's socket folder {folder} belongs to {owner}; remove it or set TMPDIR.")

    @property
    def _folder(self) -> Path:
        return self.home / "postgres"

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _pid_file(self) -> Path:
        return self._data / "postmaster.pid"
