"""Services that the environment names: they are used as they are, and nothing local is started for them."""

import os
import socket

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from local.errors import ServiceUnreachable, SettingInvalid

KAFKA = "KAFKA_BOOTSTRAP_SERVERS"
CATALOG = "VIGIL_CATALOG"
CATALOG_PREFIX = "postgres:"
CONNECT_SECONDS = 5


def kafka() -> str | None:
    """The value of `KAFKA_BOOTSTRAP_SERVERS` (`host:port`, more after commas), or None when unset or empty."""
    return os.environ.get(KAFKA) or None


def catalog() -> str | None:
    """The value of `VIGIL_CATALOG`, `postgres:` and a libpq connection string, or None when unset or empty.

    Raises SettingInvalid for any other form.
    """
    named = os.environ.get(CATALOG) or None
    if named is not None and not named.startswith(CATALOG_PREFIX):
        raise SettingInvalid(
            f"{CATALOG} is {named.split(':')[0]!r}…, but must read `postgres:` and a libpq connection string,"
            " for example `postgres:host=db.example port=5432 user=vigil dbname=vigil`."
        )
    return named


def without_password(named: str) -> str:
    """The catalog string `named` as it may be shown."""
    told = {name: value for name, value in conninfo_to_dict(named.removeprefix(CATALOG_PREFIX)).items() if value}
    return CATALOG_PREFIX + make_conninfo("", **{name: value for name, value in told.items() if name != "password"})


def check_kafka(servers: str) -> None:
    """Raise ServiceUnreachable unless one of `servers` accepts a connection.

    Only the connection is tried: how to log in is a matter of the clients' `kafka.` settings.
    """
    problems = []
    for server in servers.split(","):
        host, _, port = server.strip().rpartition(":")
        if not host or not port.isdigit():
            raise SettingInvalid(f"{KAFKA} is {servers!r}, but {server.strip()!r} in it is not host:port.")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_SECONDS).close()
            return
        except OSError as error:
            problems.append(f"{server.strip()}: {error}")
    raise ServiceUnreachable(
        f"{KAFKA} names brokers that cannot be reached ({'; '.join(problems)})."
        " Start them, correct the variable, or unset it to use a local broker."
    )


def check_catalog(named: str) -> None:
    """Raise ServiceUnreachable unless the PostgreSQL of the catalog string `named` answers `select 1`."""
    try:
        with psycopg.connect(named.removeprefix(CATALOG_PREFIX), connect_timeout=CONNECT_SECONDS) as connection:
            connection.execute("select 1")
    except psycopg.Error as error:
        raise ServiceUnreachable(
            f"{CATALOG} names a PostgreSQL that does not answer ({' '.join(str(error).split())})."
            " Start it, correct the variable, or unset it to use a local one."
        ) from error
